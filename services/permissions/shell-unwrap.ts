import { awkCall, isAwk } from './awk-call.ts';
import { runByGit } from './git-programs.ts';
import { type Options, optionValues } from './option-reader.ts';
import { runByOptions } from './program-options.ts';
import { isSed, sedCall } from './sed-call.ts';
import { escapes } from './shell-escapes.ts';
import { foundBy, type Piped, SOMETHING } from './shell-pipes.ts';
import { valueRuns } from './shell-variables.ts';
import { HOLE, joined, plainWord, programOf, type ShellWord, UNKNOWN_WORD } from './shell-word.ts';
import { innerCommand, WRAPPERS } from './wrapper-options.ts';

/** What a simple command runs besides itself. */
export interface Runs {
  readonly commands: readonly (readonly ShellWord[])[];
  /** Texts that a shell reads. */
  readonly scripts: readonly ShellWord[];
  /** Something runs that cannot be read here. */
  readonly hidden: boolean;
  /** What was found is certainly all. */
  readonly exact: boolean;
  /** The command only wraps what is found, without changing what that does. */
  readonly transparent: boolean;
}

const NOTHING: Runs = { commands: [], scripts: [], hidden: false, exact: true, transparent: false };

const SHELLS: ReadonlySet<string> = new Set([
  'sh',
  'bash',
  'zsh',
  'dash',
  'ksh',
  'mksh',
  'ash',
  'fish',
  'rbash',
]);
const SHELL_OPTIONS_WITH_VALUE: ReadonlySet<string> = new Set([
  '-o',
  '+o',
  '-O',
  '+O',
  '--rcfile',
  '--init-file',
]);
/** They run later what they read now. */
const SCHEDULERS: ReadonlySet<string> = new Set(['at', 'batch', 'crontab']);
const CALLS_BACK: ReadonlySet<string> = new Set(['mapfile', 'readarray', 'compgen', 'complete', 'bind']);
const SETS_VARIABLES: ReadonlySet<string> = new Set([
  'read',
  'mapfile',
  'readarray',
  'getopts',
  'unset',
  'vared',
]);
const OPTION_WITH_NAME: ReadonlyMap<string, RegExp> = new Map([
  ['printf', /^-v(.*)$/],
  ['read', /^-\w*?a(.*)$/],
  ['wait', /^-\w*?p(.*)$/],
]);
const NAMES_VARIABLES: ReadonlySet<string> = new Set(
  'test [ let printf read unset declare typeset local export readonly mapfile readarray wait getopts'.split(
    ' ',
  ),
);
/** `./timeout` may be anything. */
const STANDARD_PROGRAM = /^(?:\/(?:usr\/(?:local\/)?)?bin\/)?[\w-]+$/;
const FIND_EXEC: ReadonlySet<string> = new Set([
  '-exec',
  '-execdir',
  '-ok',
  '-okdir',
  '-x',
  '-X',
  '--exec',
  '--exec-batch',
]);
/** Where the command of a program may begin whose options are not known, and how many commands find is told. */
const MOST_BEGINNINGS = 16;
/** What a program reads, by a name. */
const DEVICE = /^\/+(?:dev|proc)\//;
const COMMAND_OF_FLOCK: Options = { names: ['-c', '--command'] };
/** The dynamic linker runs the program that is named to it. */
const LINKER = /^(?:ld-linux[\w.-]*|ld-musl[\w.-]*|ld\.so[\w.]*)$/;

export const isShell = (program: string): boolean => SHELLS.has(program);

/** A word into which a program puts what it has read or found; that may be a whole path. */
function filledIn(word: ShellWord, marker: string, filling: ShellWord): ShellWord {
  if (!word.text.includes(marker)) return word;
  return {
    text: word.text.replaceAll(marker, () => filling.text),
    mask: word.mask.replaceAll(marker, () => filling.mask),
  };
}

/** The command begins at any of the words behind the first. */
function runFromAnyWord(words: readonly ShellWord[]): Pick<Runs, 'commands' | 'hidden'> {
  const commands = words.slice(1, MOST_BEGINNINGS + 1).map((_, at) => words.slice(at + 1));
  return { commands, hidden: words.length > MOST_BEGINNINGS + 1 };
}

function unwrap(program: string, words: readonly ShellWord[], read: ShellWord): Runs {
  const wrapper = WRAPPERS.get(program);
  if (wrapper === undefined) return NOTHING;
  if (program === 'command' && /^-[pvV]*[vV]/.test(words[1]?.text ?? '')) return NOTHING;
  const { words: plain, values, assigned, sure } = innerCommand(words, wrapper);
  const set = assigned.map(({ text, mask }) => {
    const equals = text.indexOf('=');
    return valueRuns(text.slice(0, equals), { text: text.slice(equals + 1), mask: mask.slice(equals + 1) });
  });
  const split = values.get('S') ?? values.get('split-string');
  const scripts = [...set.flatMap(({ script }) => script ?? []), ...(split === undefined ? [] : [split])];
  const hidden = set.some((one) => one.hidden);
  if (plain.length === 0) return { ...NOTHING, scripts, hidden, exact: sure };
  const [command] = optionValues(plain.slice(0, 2), COMMAND_OF_FLOCK);
  if (command !== undefined && plain[0]?.text.startsWith('-') === true)
    return { ...NOTHING, scripts: [...scripts, joined([command, ...plain.slice(2)])], hidden };
  if (wrapper.script) return { ...NOTHING, scripts: [...scripts, joined(plain)], hidden, exact: sure };
  let inner = plain;
  if (program === 'parallel')
    inner = plain.slice(0, plain.findIndex(({ text }) => text.startsWith(':::')) >>> 0);
  if (program === 'xargs' || program === 'parallel') {
    const marker = (values.get('I') ?? values.get('replace'))?.text ?? '{}';
    const filled = inner.map((word) => filledIn(word, marker, read));
    inner = values.has('I') || values.has('replace') ? filled : [...filled, read];
  }
  const found = sure ? { commands: [inner], hidden: false } : runFromAnyWord(words);
  const transparent = wrapper.transparent && sure && STANDARD_PROGRAM.test(words[0]?.text ?? '');
  return { ...NOTHING, ...found, scripts, hidden: hidden || found.hidden, exact: sure, transparent };
}

/** A shell: the script after -c, what it is fed, or a file. */
function runShell(words: readonly ShellWord[], stdin: ShellWord | null): Runs {
  let script = false;
  let reads = false;
  for (let at = 1; at < words.length; at++) {
    const word = words[at] ?? UNKNOWN_WORD;
    if (SHELL_OPTIONS_WITH_VALUE.has(word.text)) at += 1;
    else if (/^--?(?:version|help)$/.test(word.text)) return NOTHING;
    else if (/^[-+]./.test(word.text) && !word.mask.includes(HOLE)) {
      script ||= /^-\w*c/.test(word.text);
      reads ||= /^-\w*s/.test(word.text);
    } else if (script) return { ...NOTHING, scripts: [word] };
    else if (!reads && word.text !== '-') {
      const file = word.mask.includes(HOLE) || DEVICE.test(word.text);
      return { ...NOTHING, hidden: file, scripts: file && stdin !== null ? [stdin] : [] };
    }
  }
  return stdin === null ? { ...NOTHING, hidden: true } : { ...NOTHING, scripts: [stdin] };
}

/** `find … -exec rm {} ;` and the same of fd. */
function runForEach(words: readonly ShellWord[]): Runs {
  const filling = foundBy(words);
  const commands: (readonly ShellWord[])[] = [];
  for (const [index, { text }] of words.entries()) {
    if (!FIND_EXEC.has(text)) continue;
    if (commands.length === MOST_BEGINNINGS) return { ...NOTHING, commands, hidden: true };
    const rest = words.slice(index + 1);
    const end = rest.findIndex((word) => word.text === ';' || word.text === '+');
    commands.push(rest.slice(0, end < 0 ? undefined : end).map((word) => filledIn(word, '{}', filling)));
  }
  return { ...NOTHING, commands };
}

/** Builtins of the shell that run a text given to them, or make a name mean another program. */
function runBuiltin(program: string, args: readonly ShellWord[]): Runs | null {
  const plain = args[0]?.text === '--' ? args.slice(1) : args;
  if (program === 'eval') return { ...NOTHING, scripts: [joined(plain)], exact: false };
  if (program === 'trap') return { ...NOTHING, scripts: plain.slice(0, 1), exact: false };
  if (program === 'alias') {
    const scripts = args.map(({ text }) => plainWord(text.slice(text.indexOf('=') + 1)));
    // What follows an alias is joined to it: `alias q=rm; q -rf x`.
    return { ...NOTHING, scripts, hidden: args.some(({ text }) => text.includes('=')), exact: false };
  }
  if (CALLS_BACK.has(program)) return { ...NOTHING, exact: false };
  if (program === 'hash' || program === 'enable')
    return { ...NOTHING, hidden: args.some(({ text }) => /^-\w*[pf]/.test(text)) };
  // Names of variables are evaluated, with the substitutions in their subscripts: `unset 'a[$(x)]'`.
  if (NAMES_VARIABLES.has(program)) {
    const scripts = args.filter(({ mask }) => holdsSubstitution(mask));
    if (scripts.length > 0) return { ...NOTHING, scripts, exact: false };
  }
  return null;
}

/** Names of variables that a builtin gives values to: `read PATH`, `read -aPATH`, `printf -v PATH x`. */
export function namesSetBy(words: readonly ShellWord[]): readonly string[] {
  const program = programOf(words[0]);
  const option = OPTION_WITH_NAME.get(program);
  const args = words.slice(1).map(({ text }) => text);
  const byOption = args.flatMap((text, index) => {
    const [, glued] = option?.exec(text) ?? [];
    if (glued === undefined) return [];
    return [glued === '' ? (args[index + 1] ?? '') : glued];
  });
  return SETS_VARIABLES.has(program)
    ? [...byOption, ...args.filter((text) => /^[A-Za-z_]/.test(text))]
    : byOption;
}

/** True of a text that a second reading would find commands in. */
export function holdsSubstitution(text: string): boolean {
  return /\$\(|`|\$\{ /.test(text);
}

function runByName(program: string, words: readonly ShellWord[], { text: stdin, name }: Piped): Runs {
  const args = words.slice(1);
  if (WRAPPERS.has(program)) return unwrap(program, words, name ?? SOMETHING);
  if (LINKER.test(program)) return { ...NOTHING, ...runFromAnyWord(words) };
  if (SHELLS.has(program)) return runShell(words, stdin);
  if (
    SCHEDULERS.has(program) &&
    (stdin !== null || args.length === 0 || args.some(({ text }) => text === '-'))
  )
    return { ...NOTHING, hidden: stdin === null, scripts: stdin === null ? [] : [stdin] };
  const builtin = runBuiltin(program, args);
  if (builtin !== null) return builtin;
  if (program === 'source' || program === '.') {
    const file = args[0] ?? UNKNOWN_WORD;
    const unnamed = file.mask.includes(HOLE) || DEVICE.test(file.text);
    return { ...NOTHING, hidden: unnamed, scripts: unnamed && stdin !== null ? [stdin] : [] };
  }
  if (program === 'find' || program === 'fd' || program === 'fdfind') return runForEach(words);
  if (isSed(program)) {
    const { commands: scripts, hidden, open } = sedCall(words).script;
    return { ...NOTHING, scripts, hidden, exact: !open };
  }
  if (isAwk(program)) {
    const { commands: scripts, hidden, open } = awkCall(words).program;
    return { ...NOTHING, scripts, hidden, exact: !open };
  }
  return program === 'git' ? { ...NOTHING, ...runByGit(words) } : NOTHING;
}

/**
 * Looks through the programs that run others.
 * @param piped what the command reads, as far as it is known
 */
export function whatItRuns(words: readonly ShellWord[], piped: Piped): Runs {
  const program = programOf(words[0]);
  const runs = runByName(program, words, piped);
  const given = runByOptions(program, words.slice(1));
  const stdin = WRAPPERS.has(program) ? null : piped.text;
  return {
    ...runs,
    scripts: [...runs.scripts, ...given.scripts],
    hidden: runs.hidden || given.hidden || escapes(program, words, stdin),
    exact: runs.exact && !given.elsewhere,
  };
}
