import { MissionError } from '../../../services/errors/mission-error.ts';
import { skillList, skillSearch, skillTopics } from '../../tools/skills.ts';
import type { Command, CommandContext } from '../command.ts';
import { table } from '../table.ts';

const USAGE = 'list | search WORDS… | topics';

function wrong(message: string): MissionError {
  return new MissionError('input_invalid', message, { remedy: `Usage: missiond skills ${USAGE}` });
}

interface Problem {
  readonly file: string;
  readonly message: string;
}

const tell = ({ stderr }: CommandContext, problems: readonly Problem[]): void => {
  for (const { file, message } of problems) stderr.write(`${file}: ${message}\n`);
};

async function list(context: CommandContext): Promise<number> {
  const output = skillList.output.parse(await context.call(skillList.name, {}));
  tell(context, output.problems);
  context.print(output, () =>
    output.skills.length === 0
      ? 'No skill. They are in ~/.claude/skills, and in .claude/skills of repositories.\n'
      : table(
          ['TOPIC', 'SOURCE', 'ALSO CALLED', 'DESCRIPTION'],
          output.skills.map(({ topic, source, aka, description = '' }) => [
            topic,
            source,
            aka.join(','),
            description,
          ]),
        ),
  );
  return 0;
}

async function search(query: string, { call, print }: CommandContext): Promise<number> {
  const output = skillSearch.output.parse(await call(skillSearch.name, { query }));
  print(output, () =>
    output.results.length === 0
      ? 'Nothing found.\n'
      : table(
          ['TOPIC', 'SOURCE', 'FOUND IN', 'WHAT'],
          output.results.map(({ topic, source, matched_section, match_type, snippet, description = '' }) => [
            topic,
            source,
            matched_section ?? match_type,
            snippet ?? description,
          ]),
        ),
  );
  return output.results.length === 0 ? 1 : 0;
}

async function topics(context: CommandContext): Promise<number> {
  const output = skillTopics.output.parse(await context.call(skillTopics.name, {}));
  tell(context, output.problems);
  context.print(output, () =>
    table(
      ['TOPIC', 'SOURCE', 'LINES', 'HEADINGS', 'FILE'],
      output.topics.map(({ topic, source, totalLines, sections, path }) => [
        topic,
        source,
        String(totalLines),
        String(sections.length),
        path,
      ]),
    ),
  );
  return 0;
}

export const skills: Command = {
  name: 'skills',
  summary: 'the skills of Claude Code, yours and those of repositories',
  usage: USAGE,
  options: {},
  agents: 'nothing',
  words: [0, 100],
  async run(parsed, context) {
    const [verb = 'list', ...words] = parsed.positionals;
    if (verb === 'search' && words.length > 0) return search(words.join(' '), context);
    if (verb === 'list' && words.length === 0) return list(context);
    if (verb === 'topics' && words.length === 0) return topics(context);
    throw wrong(`missiond skills does not understand "${parsed.positionals.join(' ')}".`);
  },
};
