import { z } from 'zod';
import { mergesWhenGreen } from './checked-merge.ts';
import { type Meant, spellingsOf } from './command-pattern.ts';
import { UNKNOWN_ACT } from './forge-calls.ts';
import { branchesCheckedOut, type GatedAct } from './git-call.ts';
import { gatedActs, mayBeGated } from './git-gates.ts';
import { type Push, pushOf } from './git-push.ts';
import { createGround, type Ground } from './ground.ts';
import { type DoubtfulFile, doubtful, isOpen } from './path-doubt.ts';
import type { PatternArgument } from './pattern-argument.ts';
import { type FoundCommand, type FoundCommands, findCommands } from './shell-commands.ts';
import { HOLE, plainWord, type ShellWord } from './shell-word.ts';
import { namesOfTool, runsCode, shellField } from './tool-pattern.ts';

/** A file that a call reads or changes on the way, by the names of the tools whose rules it falls under. */
export interface SideEffect {
  readonly tools: readonly string[];
  restricts(pattern: PatternArgument): Meant;
  allows(pattern: PatternArgument): boolean;
  /** False when rules for the whole of those tools are about their calls only. */
  readonly meantByName: boolean;
  /** True when an allowed call also needs this allowed. */
  readonly needsAllowing: boolean;
}

/** One thing that has to be allowed: a call is one, a shell text as many as it has commands. */
export interface Demand {
  allows(pattern: PatternArgument): boolean;
}

/** What a tool call means to the patterns' arguments. */
export interface Judged {
  readonly argument: string;
  /** True of a call that is this and nothing else: the whole text of a command, a file that is no link. */
  isExactly(argument: string): boolean;
  restricts(pattern: PatternArgument): Meant;
  /** All must be allowed, each maybe by another rule. Null: nothing but a rule for the whole tool allows this. */
  readonly demands: readonly Demand[] | null;
  readonly effects: readonly SideEffect[];
  /** What a call does that a gate stands before, when these branches are protected. */
  gated(branches: readonly string[]): readonly GatedAct[];
  /** What it pushes: what those commits change is to be looked at. */
  pushes(): readonly Push[];
}

const NOT_GATED = { gated: (): readonly GatedAct[] => [], pushes: (): readonly Push[] => [] };
const Fields = z.record(z.string(), z.unknown());
const FILE_FIELDS = ['file_path', 'notebook_path', 'path'];

const FILE_TOOLS: ReadonlySet<string> = new Set([
  'Read',
  'Edit',
  'Write',
  'MultiEdit',
  'NotebookEdit',
  'NotebookRead',
  'LS',
]);
const CHANGING_TOOLS: ReadonlySet<string> = new Set(['Edit', 'Write', 'MultiEdit', 'NotebookEdit']);
/** They read files too; rules for Read hold for them, as Claude Code has it. */
const SEARCH_TOOLS: ReadonlySet<string> = new Set(['Grep', 'Glob', 'LS', 'NotebookRead']);
/** The disk is asked for each; more is not a command that is meant to be read, and would hold up everybody else. */
const MOST_PLACES = 2_000;
/** A path is followed name by name, links and all. */
const MOST_NAMES = 2_000;
/** Each `cd` doubles the ways; a text with more is up to something. */
const MOST_FOLDERS = 64;
const READING = ['Read'];
const WRITING = ['Edit', 'Write'];

const certain = (matches: boolean): Meant => (matches ? 'yes' : 'no');

/** Each word once, in the order of their first places. */
function distinct(words: readonly ShellWord[]): readonly ShellWord[] {
  return [...new Map(words.map((word) => [`${word.text}\0${word.mask}`, word])).values()];
}

/** The same words do the same each time. */
function distinctCommands(commands: readonly FoundCommand[]): readonly FoundCommand[] {
  const keyOf = ({ words, transparent }: FoundCommand): string =>
    JSON.stringify([transparent, words.map(({ text, mask }) => [text, mask])]);
  return [...new Map(commands.map((command) => [keyOf(command), command])).values()];
}

function fileEffect(
  tools: readonly string[],
  files: readonly ShellWord[],
  cwds: readonly string[],
  ground: Ground,
  {
    needsAllowing = false,
    whole = false,
  }: { readonly needsAllowing?: boolean; readonly whole?: boolean } = {},
): SideEffect {
  // Asking the disk is the slow part, and most calls meet no rule about files.
  let known: readonly string[] | undefined;
  const places = (): readonly string[] => {
    known ??= [...new Set(files.flatMap(({ text }) => cwds.flatMap((base) => ground.placesOf(text, base))))];
    return known;
  };
  let joined: string | undefined;
  /** Nearly every rule means none of the places, and all of them are passed over at one look. */
  const areNamed = (telltale: string): boolean => {
    joined ??= places().join('\n');
    return joined.includes(telltale);
  };
  let unknown: readonly DoubtfulFile[] | undefined;
  const doubts = (): readonly DoubtfulFile[] => {
    unknown ??= files.flatMap((file) =>
      cwds.flatMap((base) => {
        const steps = doubtful(file, base, ground);
        return steps === null ? [] : [steps];
      }),
    );
    return unknown;
  };
  return {
    tools,
    meantByName: true,
    needsAllowing,
    restricts({ path, mayMean }) {
      if (areNamed(path.telltale) && places().some((place) => path.matches(place, ground, true)))
        return 'yes';
      if (whole && places().some((place) => path.standsBelow(place, ground))) return 'yes';
      return doubts().some((file) => mayMean(file, ground)) ? 'maybe' : 'no';
    },
    // What is not known before it runs may be any file.
    allows: ({ path }) =>
      !files.some(isOpen) && places().every((place) => path.matches(place, ground, false)),
  };
}

/**
 * Where relative files may be meant from: every folder that the text goes to, one after another. `known` is false when
 * it may go to others too.
 */
function foldersFrom(
  { cwd, placesOf }: Ground,
  folders: readonly ShellWord[],
): { readonly cwds: readonly string[]; readonly known: boolean } {
  const all = new Set([cwd]);
  let known = true;
  for (const { text, mask } of folders) {
    if (mask.includes(HOLE) || /^(?:\+|~[^/])/.test(text)) known = false;
    // It may be any folder, and more of them say no more.
    if (mask.startsWith(HOLE)) continue;
    for (const base of [...all]) for (const place of placesOf(text, base)) all.add(place);
    if (all.size > MOST_FOLDERS) return { cwds: [...all], known: false };
  }
  return { cwds: [...all], known };
}

/** A file that is named from a folder that nobody knows. */
function fromSomewhere(word: ShellWord): ShellWord {
  return /^[/~]/.test(word.text) ? word : { text: `$PWD/${word.text}`, mask: `${HOLE}/${word.mask}` };
}

function effectsOf(
  { reads, writes, changes, trees, fills, folders }: FoundCommands,
  ground: Ground,
): readonly SideEffect[] {
  const { cwds, known } = foldersFrom(ground, folders);
  const placed = (words: readonly ShellWord[]) => distinct(known ? words : words.map(fromSomewhere));
  const all = distinct([...reads, ...writes, ...changes, ...trees, ...fills]);
  const isDeep = all.some(({ text }) => text.split('/').length > MOST_NAMES);
  if (isDeep || all.length * cwds.length > MOST_PLACES)
    throw new RangeError('The command names too many files.');
  const together = (
    tools: readonly string[],
    words: readonly ShellWord[],
    whole = false,
  ): readonly SideEffect[] => (words.length === 0 ? [] : [fileEffect(tools, words, cwds, ground, { whole })]);
  return [
    ...together(READING, placed(reads)),
    ...together(READING, placed(trees), true),
    ...together(WRITING, placed(fills), true),
    ...together(WRITING, placed(changes)),
    // Each file that is written may be allowed by another rule.
    ...placed(writes).map((word) => fileEffect(WRITING, [word], cwds, ground, { needsAllowing: true })),
  ];
}

function judgeCommand(command: string, ground: Ground): Judged {
  // A shell leaves it out and reads what stands around it as one word.
  if (command.includes('\0')) throw new RangeError('The command holds a NUL.');
  const found = findCommands(command);
  const text = command.replace(/\s+/g, ' ').trim();
  const commands = distinctCommands(found.commands);
  const all = commands.map((one) => ({ spelled: spellingsOf(one), transparent: one.transparent }));
  const needed = all.filter(({ transparent }) => !transparent);
  // Letter by letter: a new line where the rule has a blank makes two commands of one.
  const exactly: Demand = { allows: (pattern) => pattern.text.trim() === command.trim() };
  return {
    argument: command,
    isExactly: (argument) => argument === command,
    restricts({ command: pattern }) {
      if (pattern.matchesText(text)) return 'yes';
      let meant: Meant = 'no';
      for (const { spelled } of all) {
        const found = pattern.forbids(spelled);
        if (found === 'yes') return 'yes';
        if (found === 'maybe') meant = 'maybe';
      }
      return meant;
    },
    // Inexact: a substitution, eval, a function, a variable that changes what runs. Only the very text may be allowed then.
    demands:
      found.exact && needed.length > 0
        ? needed.map(({ spelled }) => ({
            allows: (pattern) => pattern.command.permits(spelled) || exactly.allows(pattern),
          }))
        : [exactly],
    effects: effectsOf(found, ground),
    pushes() {
      const pushing = commands.filter(({ words }) => words.some((word) => /push|send-pack/.test(word.text)));
      if (pushing.length === 0) return [];
      const { cwds } = foldersFrom(ground, found.folders);
      return pushing.flatMap(({ words }) => pushOf(words, cwds) ?? []);
    },
    gated(branches) {
      const concerned = commands.filter(({ words }) => mayBeGated(words, command));
      if (concerned.length === 0) return [];
      const { cwds, known } = foldersFrom(ground, found.folders);
      const checkedOut = found.commands.flatMap(({ words }) => branchesCheckedOut(words));
      const isChecked = mergesWhenGreen(command);
      return concerned
        .flatMap(({ words }) => gatedActs(words, { folders: cwds, known, branches, checkedOut }))
        .map((act) => ({ ...act, isChecked }));
    },
  };
}

function judgeFiles(tool: string, files: readonly string[], ground: Ground): Judged {
  const effect = fileEffect(READING, files.map(plainWord), [ground.cwd], ground);
  // `Edit(secret/**)` is about the files, whatever writes to them.
  const changing = { ...effect, tools: WRITING, meantByName: false };
  return {
    argument: files.join(' '),
    isExactly: (argument) =>
      files.length === 1 &&
      files[0] === argument &&
      ground.placesOf(argument, ground.cwd).every((place) => place === argument),
    restricts: effect.restricts,
    demands: [effect],
    effects: SEARCH_TOOLS.has(tool) ? [effect] : CHANGING_TOOLS.has(tool) ? [changing] : [],
    ...NOT_GATED,
  };
}

function judgeAddress(address: string): Judged {
  const url = URL.canParse(address) ? new URL(address) : null;
  const host = url?.hostname.toLowerCase().replace(/\.$/, '') ?? '';
  return {
    argument: address,
    isExactly: (argument) => argument === address,
    restricts({ domain, glob }) {
      const byHost = host !== '' && (domain.glob(host) || host.endsWith(`.${domain.name}`));
      return certain(byHost || glob(address) || glob(url?.href ?? ''));
    },
    demands: [
      {
        // `https://good.example@evil.example/` starts like a good address.
        allows: ({ domain, glob }) =>
          url !== null && url.username === '' && url.password === '' && (domain.glob(host) || glob(url.href)),
      },
    ],
    effects: [],
    ...NOT_GATED,
  };
}

function judgeText(text: string): Judged {
  return {
    argument: text,
    isExactly: (argument) => argument === text,
    restricts: ({ glob }) => certain(glob(text)),
    demands: [{ allows: ({ glob }) => glob(text) }],
    effects: [],
    ...NOT_GATED,
  };
}

/**
 * Reads a call's input as the patterns of its tool mean it.
 * @throws when a field that decides what the call does is missing or is no text
 */
export function judge(tool: string, input: unknown, cwd: string): Judged {
  const fields = Fields.safeParse(input).data ?? {};
  const textOf = (name: string): string => z.string({ error: `${tool} without ${name}` }).parse(fields[name]);
  const ground = createGround(cwd);
  if (runsCode(tool)) return unreadable(tool);
  const shell = shellField(tool);
  if (shell !== null) return judgeCommand(textOf(shell), ground);
  if (tool === 'WebFetch') return judgeAddress(textOf('url'));
  const files = FILE_FIELDS.filter((name) => fields[name] !== undefined).map(textOf);
  if (SEARCH_TOOLS.has(tool) && files.length === 0) files.push('.');
  if (FILE_TOOLS.has(tool)) return judgeFiles(tool, files.length > 0 ? files : [textOf('file_path')], ground);
  const judged = judgeText(JSON.stringify(input ?? {}));
  return SEARCH_TOOLS.has(tool)
    ? { ...judged, effects: [fileEffect(READING, files.map(plainWord), [cwd], ground)] }
    : judged;
}

const ANY_FILE: SideEffect = {
  tools: [...READING, ...WRITING],
  meantByName: true,
  needsAllowing: false,
  restricts: () => 'maybe',
  allows: () => false,
};

/**
 * A call that could not be read: every rule may mean it, of a command those about files too, and only a rule for the
 * whole tool allows it.
 */
export function unreadable(tool: string): Judged {
  const shell = namesOfTool(tool).includes('Bash');
  return {
    argument: '',
    isExactly: () => false,
    restricts: () => 'maybe',
    demands: null,
    effects: shell ? [ANY_FILE] : [],
    gated: () => (shell ? [UNKNOWN_ACT] : []),
    pushes: () => [],
  };
}
