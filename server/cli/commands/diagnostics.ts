import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Command, CommandContext, ParsedCommand } from '../command.ts';
import { collectDiagnostics, type Diagnostics } from '../diagnostics.ts';
import { reportRedaction } from '../report.ts';
import { safeJson } from '../safe-text.ts';

const OUTPUT = { type: 'string', help: 'write it into a file of yours alone instead' } as const;

/** Prints a text, or writes it where `--output` says. */
async function give(
  text: string,
  { values }: ParsedCommand,
  { stdout, print }: CommandContext,
): Promise<number> {
  if (typeof values['output'] !== 'string') {
    stdout.write(text);
    return 0;
  }
  const file = path.resolve(values['output']);
  await writeFile(file, text, { mode: 0o600 });
  print({ file }, () => `${file}\nRead it before you show it to others.\n`);
  return 0;
}

export const diagnostics: Command = {
  name: 'diagnostics',
  agents: 'nothing',
  summary:
    'what is installed, what runs and whether it works, as JSON without secrets; also while no daemon runs',
  usage: '[--output FILE]',
  options: { output: OUTPUT },
  words: [0, 0],
  run: async (parsed, context) =>
    give(`${safeJson(await collectDiagnostics(context), 2)}\n`, parsed, context),
};

/** A cell of a Markdown table, and words within a line. */
const inLine = (text: string): string => text.replace(/\s*\n\s*/g, ' ').replaceAll('|', '\\|');
/** A fence that no line of the text can close. */
function fenced(lines: readonly string[]): string {
  const longest = Math.max(
    2,
    ...lines.flatMap((line) => (line.match(/`+/g) ?? []).map(({ length }) => length)),
  );
  const fence = '`'.repeat(longest + 1);
  return `${fence}\n${lines.join('\n')}\n${fence}`;
}

function asMarkdown(description: string, found: Diagnostics): string {
  const { missiond, node, system, tools, findings, statistics, log } = found;
  const facts: readonly (readonly [string, string])[] = [
    ['missiond', missiond],
    ['Node', node],
    ['System', `${system.platform} ${system.arch}, ${system.release}`],
    ...Object.entries(tools).map(([tool, version]) => [tool, version ?? 'not installed'] as const),
    [
      'Daemon',
      found.daemon.answers ? 'answers' : `does not answer (${found.daemon.problem ?? 'no reason given'})`,
    ],
  ];
  return `# ${inLine(description === '' ? 'What happened, and what did you expect?' : description)}

| | |
|---|---|
${facts.map(([name, value]) => `| ${inLine(name)} | ${inLine(value)} |\n`).join('')}
## Checks

| Check | Result | |
|---|---|---|
${findings.map(({ check, result, detail }) => `| ${inLine(check)} | ${result} | ${inLine(detail)} |\n`).join('')}
## Numbers

${fenced([safeJson(statistics, 2)])}

## The last lines of the log

${fenced(log)}
`;
}

export const bug: Command = {
  name: 'bug',
  agents: 'nothing',
  summary: 'a bug report in Markdown, without secrets; missiond doctor --report packs more',
  usage: '[WORDS…] [--output FILE]',
  options: { output: OUTPUT },
  words: [0, Number.POSITIVE_INFINITY],
  async run(parsed, context) {
    const clean = reportRedaction(context.home, context.env);
    const description = String(clean(parsed.positionals.join(' ')));
    return give(asMarkdown(description, await collectDiagnostics(context)), parsed, context);
  },
};
