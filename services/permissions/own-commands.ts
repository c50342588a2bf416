import type { Rules } from './policy.ts';
import { programOf, type ShellWord } from './shell-word.ts';

/** What agents may say at missiond's own command line. A command that nobody has thought of is not among it. */
export interface OwnCommands {
  /** @param words behind the name of the program */
  mayRun(words: readonly string[]): boolean;
  /** Commands of which agents may say nothing, for settings that hold while no daemon judges. */
  readonly closed: readonly string[];
}

type Words = readonly ShellWord[];

const COMMAND_LINE = /^(?:npm:)?missiond(?:@[^/]*)?(?:\.[cm]?[jt]s)?$/;
/** Other doors of missiond: a person's terminal on a slot, and an owner's MCP. */
const OTHER_PROGRAM = /^(?:npm:)?(?:missiond-attach|mission-mcp)(?:@[^/]*)?(?:\.[cm]?[jt]s)?$/;
const INTERPRETERS: ReadonlySet<string> = new Set('node nodejs bun deno tsx ts-node'.split(' '));
/** They fetch a package, or find it, and run it. */
const RUN_AT_ONCE: ReadonlySet<string> = new Set(['npx', 'bunx', 'pnpx']);
const RUNNERS: ReadonlySet<string> = new Set(['npm', 'pnpm', 'yarn', 'bun', 'deno']);
const RUNS: ReadonlySet<string> = new Set(['exec', 'x', 'dlx', 'run']);
/** Options of those that take the next word. */
const WITH_VALUE: ReadonlySet<string> = new Set(
  '-p --package -w --workspace -C --dir --prefix -F --filter --cwd'.split(' '),
);

/** What a program that is called so does with its words: missiond's command line, another door of it, or neither. */
function saidTo(program: string, args: Words): readonly string[] | null {
  if (OTHER_PROGRAM.test(program)) return [program];
  return COMMAND_LINE.test(program) ? args.map(({ text }) => text) : null;
}

/** The first words that are no options, from a place on. */
function plainFrom(words: Words, start: number): number {
  for (let at = start; at < words.length; at++) {
    const text = words[at]?.text ?? '';
    if (WITH_VALUE.has(text)) at += 1;
    else if (!text.startsWith('-')) return at;
  }
  return words.length;
}

const startedAt = (words: Words, at: number): readonly string[] | null =>
  words[at] === undefined ? null : saidTo(programOf(words[at]), words.slice(at + 1));

/** Of an interpreter: a script in a folder wherever it stands, and a bare name where the script is named. */
function interpreted(words: Words): readonly string[] | null {
  const script = words.findIndex(
    ({ text }, at) => at > 0 && /[/.:]/.test(text) && saidTo(programOf({ text, mask: text }), []) !== null,
  );
  return startedAt(words, script < 0 ? plainFrom(words, 1) : script);
}

/** The words that a command says to missiond's command line, however it is started; null for another program. */
export function saidToMissiond(words: Words): readonly string[] | null {
  const program = programOf(words[0]);
  const own = startedAt(words, 0);
  if (own !== null) return own;
  if (RUN_AT_ONCE.has(program)) return startedAt(words, plainFrom(words, 1));
  const first = plainFrom(words, 1);
  if (RUNNERS.has(program)) {
    const run = RUNS.has(words[first]?.text ?? '') ? plainFrom(words, first + 1) : first;
    const said = startedAt(words, run);
    if (said !== null) return said;
  }
  return INTERPRETERS.has(program) ? interpreted(words) : null;
}

/** Ways to start missiond's command line, as far as a pattern can say them. */
const STARTS = [
  'missiond',
  ...['npx', 'bunx', 'pnpm', 'pnpm exec', 'pnpm dlx', 'yarn', 'yarn dlx', 'npm exec', 'npm x'].flatMap(
    (launcher) => [`${launcher} missiond`, `${launcher} missiond@*`],
  ),
  'npm exec missiond --',
  'npm exec -- missiond',
  ...[...INTERPRETERS].map((runtime) => `${runtime} *missiond.js`),
  'node *bin/missiond',
];
const OTHER_STARTS = ['missiond-attach', 'mission-mcp'].flatMap((program) =>
  ['', 'npx ', 'node *'].map((start) => `Bash(${start}${program}*)`),
);

/** The same for a session's own settings. */
export function ownCommandRules({ closed }: OwnCommands): Rules {
  const commands = STARTS.flatMap((start) => closed.map((name) => `Bash(${start} ${name}*)`));
  return { allow: [], confirm: [], deny: [...commands, ...OTHER_STARTS] };
}
