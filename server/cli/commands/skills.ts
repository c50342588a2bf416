import { MissionError } from '../../../services/errors/mission-error.ts';
import { contextBuild } from '../../tools/skill-context.ts';
import { skillList, skillRender, skillRollback, skillSearch, skillTopics } from '../../tools/skills.ts';
import type { Command, CommandContext, ParsedCommand } from '../command.ts';
import { table } from '../table.ts';

const USAGE =
  'list | search WORDS… | topics | show TOPIC | versions TOPIC | rollback TOPIC VERSION | context WORDS…';

function wrong(message: string): MissionError {
  return new MissionError('input_invalid', message, { remedy: `Usage: missiond skills ${USAGE}` });
}

interface WhichSkill {
  readonly topic: string;
  readonly source?: string;
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

async function gathered(query: string, { call, print }: CommandContext): Promise<number> {
  const output = contextBuild.output.parse(await call(contextBuild.name, { query }));
  print(output, () => (output.context === '' ? 'Nothing bears on it.\n' : `${output.context}\n`));
  return 0;
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

/** Page after page, as the answers of tools hold a part only. */
async function show(which: WhichSkill, { call, print }: CommandContext): Promise<number> {
  let offset = 0;
  for (;;) {
    const output = skillRender.output.parse(await call(skillRender.name, { ...which, offset }));
    const [file] = output.files;
    print(output, () => file?.text ?? '');
    if (file?.nextOffset === undefined) return 0;
    offset = file.nextOffset;
  }
}

async function versions(
  { topic: skill, ...source }: WhichSkill,
  { call, print }: CommandContext,
): Promise<number> {
  const output = skillRollback.output.parse(await call(skillRollback.name, { skill, ...source }));
  print(output, () =>
    output.versions.length === 0
      ? 'missiond has not changed it.\n'
      : table(
          ['VERSION', 'REPLACED', 'BY', 'HOW', 'BYTES'],
          output.versions.map(({ versionId, at, by, before, bytes }) => [
            String(versionId),
            new Date(at).toISOString(),
            by,
            before,
            bytes === null ? 'no file' : String(bytes),
          ]),
        ),
  );
  return 0;
}

async function rollback(
  { topic: skill, ...source }: WhichSkill,
  version: string,
  { values }: ParsedCommand,
  { call, print }: CommandContext,
): Promise<number> {
  const versionId = Number(version);
  if (!Number.isInteger(versionId) || versionId < 1)
    throw wrong('missiond skills rollback needs the number of a version.');
  const input = { skill, ...source, version_id: versionId, dryRun: values['dry-run'] === true };
  const output = skillRollback.output.parse(await call(skillRollback.name, input));
  const { restored } = output;
  print(output, () =>
    restored === undefined
      ? ''
      : `${restored.diff}${restored.diff === '' ? '' : '\n'}${restored.path}: ${restored.action}${restored.dryRun ? ' (not written)' : ''}\n`,
  );
  return 0;
}

export const skills: Command = {
  name: 'skills',
  summary: 'the skills of Claude Code, yours and those of repositories',
  usage: USAGE,
  options: {
    source: { type: 'string', help: '`home` or a repository, where several have such a skill' },
    'dry-run': { type: 'boolean', help: 'rollback: show what would become another' },
  },
  agents: 'nothing',
  words: [0, 100],
  async run(parsed, context) {
    const [verb = 'list', ...words] = parsed.positionals;
    if (verb === 'search' && words.length > 0) return search(words.join(' '), context);
    if (verb === 'context' && words.length > 0) return gathered(words.join(' '), context);
    if (verb === 'list' && words.length === 0) return list(context);
    if (verb === 'topics' && words.length === 0) return topics(context);
    const [topic, version] = words;
    if (topic !== undefined) {
      const { source } = parsed.values;
      const which = { topic, ...(typeof source === 'string' ? { source } : {}) };
      if (verb === 'show' && words.length === 1) return show(which, context);
      if (verb === 'versions' && words.length === 1) return versions(which, context);
      if (verb === 'rollback' && version !== undefined && words.length === 2)
        return rollback(which, version, parsed, context);
    }
    throw wrong(`missiond skills does not understand "${parsed.positionals.join(' ')}".`);
  },
};
