import { z } from 'zod';
import { forbids, type Meant, permits, plainGlob } from './command-pattern.ts';
import { globMatcher } from './glob.ts';
import { mayLieBelow } from './path-doubt.ts';
import { pathMatcher, placesOf, standsAbove } from './path-pattern.ts';
import { type FoundCommands, findCommands } from './shell-commands.ts';
import { HOLE, plainWord, type ShellWord } from './shell-word.ts';

/** A file that a call reads or changes on the way, by the names of the tools whose rules it falls under. */
export interface SideEffect {
  readonly tools: readonly string[];
  restricts(pattern: string): Meant;
  allows(pattern: string): boolean;
  /** True when an allowed call also needs this allowed. */
  readonly needsAllowing: boolean;
}

/** One thing that has to be allowed: a call is one, a shell text as many as it has commands. */
export interface Demand {
  allows(pattern: string): boolean;
}

/** What a tool call means to the patterns' arguments. */
export interface Judged {
  readonly argument: string;
  restricts(pattern: string): Meant;
  /** All must be allowed, each maybe by another rule. Null: nothing but a rule for the whole tool allows this. */
  readonly demands: readonly Demand[] | null;
  readonly effects: readonly SideEffect[];
}

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
/** They read files too; rules for Read hold for them, as Claude Code has it. */
const SEARCH_TOOLS: ReadonlySet<string> = new Set(['Grep', 'Glob', 'LS', 'NotebookRead']);
/** The disk is asked for each; more is not a command that is meant to be read, and would hold up everybody else. */
const MOST_PLACES = 2_000;
/** Each `cd` doubles the ways; a text with more is up to something. */
const MOST_FOLDERS = 64;
const READING = ['Read'];
const WRITING = ['Edit', 'Write'];

const certain = (matches: boolean): Meant => (matches ? 'yes' : 'no');

function fileEffect(
  tools: readonly string[],
  files: readonly ShellWord[],
  cwds: readonly string[],
  {
    needsAllowing = false,
    whole = false,
  }: { readonly needsAllowing?: boolean; readonly whole?: boolean } = {},
): SideEffect {
  const cwd = cwds[0] ?? '/';
  const distinct = [...new Map(files.map((file) => [file.text + file.mask, file])).values()];
  if (distinct.length * cwds.length > MOST_PLACES) throw new RangeError('The command names too many files.');
  // Asking the disk is the slow part, and most calls meet no rule about files.
  let known: readonly string[] | undefined;
  const places = (): readonly string[] => {
    known ??= distinct.flatMap(({ text }) => cwds.flatMap((base) => placesOf(text, base)));
    return known;
  };
  return {
    tools,
    needsAllowing,
    restricts(pattern) {
      if (places().some(pathMatcher(pattern, { cwd, wide: true }))) return 'yes';
      if (whole && places().some(standsAbove(pattern, cwd))) return 'yes';
      return distinct.some((file) => cwds.some((base) => mayLieBelow(pattern, file, base))) ? 'maybe' : 'no';
    },
    allows: (pattern) => places().every(pathMatcher(pattern, { cwd, wide: false })),
  };
}

/**
 * Where relative files may be meant from: every folder that the text goes to, one after another. `known` is false when
 * it may go to others too.
 */
function foldersFrom(
  cwd: string,
  folders: readonly ShellWord[],
): { readonly cwds: readonly string[]; readonly known: boolean } {
  const all = new Set([cwd]);
  let known = true;
  for (const { text, mask } of folders) {
    if (mask.includes(HOLE) || /^(?:\+|~[^/])/.test(text)) known = false;
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
  cwd: string,
): readonly SideEffect[] {
  const { cwds, known } = foldersFrom(cwd, folders);
  const placed = (words: readonly ShellWord[]) => (known ? words : words.map(fromSomewhere));
  const together = (
    tools: readonly string[],
    words: readonly ShellWord[],
    whole = false,
  ): readonly SideEffect[] => (words.length === 0 ? [] : [fileEffect(tools, words, cwds, { whole })]);
  return [
    ...together(READING, placed(reads)),
    ...together(READING, placed(trees), true),
    ...together(WRITING, placed(fills), true),
    ...together(WRITING, placed(changes)),
    // Each file that is written may be allowed by another rule.
    ...placed(writes).map((word) => fileEffect(WRITING, [word], cwds, { needsAllowing: true })),
  ];
}

function judgeCommand(command: string, cwd: string): Judged {
  const found = findCommands(command);
  const text = command.replace(/\s+/g, ' ').trim();
  const needed = found.commands.filter(({ transparent }) => !transparent);
  const exactly: Demand = { allows: (pattern) => plainGlob(pattern) === text };
  return {
    argument: command,
    restricts(pattern) {
      if (globMatcher(plainGlob(pattern))(text)) return 'yes';
      const meant = found.commands.map(forbids(pattern));
      return meant.includes('yes') ? 'yes' : meant.includes('maybe') ? 'maybe' : 'no';
    },
    // Inexact: a substitution, eval, a function, a variable that changes what runs. Only the very text may be allowed then.
    demands:
      found.exact && needed.length > 0
        ? needed.map((one) => ({ allows: (pattern) => permits(pattern, one) || exactly.allows(pattern) }))
        : [exactly],
    effects: effectsOf(found, cwd),
  };
}

function judgeFiles(tool: string, files: readonly string[], cwd: string): Judged {
  const effect = fileEffect(READING, files.map(plainWord), [cwd]);
  return {
    argument: files.join(' '),
    restricts: effect.restricts,
    demands: [effect],
    effects: SEARCH_TOOLS.has(tool) ? [effect] : [],
  };
}

function judgeAddress(address: string): Judged {
  const url = URL.canParse(address) ? new URL(address) : null;
  const host = url?.hostname.toLowerCase().replace(/\.$/, '') ?? '';
  const domainOf = (pattern: string): string => pattern.replace(/^domain:/, '').toLowerCase();
  return {
    argument: address,
    restricts(pattern) {
      const domain = domainOf(pattern);
      const byHost = host !== '' && (globMatcher(domain)(host) || host.endsWith(`.${domain}`));
      return certain(byHost || globMatcher(pattern)(address) || globMatcher(pattern)(url?.href ?? ''));
    },
    demands: [
      {
        // `https://good.example@evil.example/` starts like a good address.
        allows: (pattern) =>
          url !== null &&
          url.username === '' &&
          url.password === '' &&
          (globMatcher(domainOf(pattern))(host) || globMatcher(pattern)(url.href)),
      },
    ],
    effects: [],
  };
}

function judgeText(text: string): Judged {
  const allows = (pattern: string): boolean => globMatcher(pattern)(text);
  return {
    argument: text,
    restricts: (pattern) => certain(allows(pattern)),
    demands: [{ allows }],
    effects: [],
  };
}

/**
 * Reads a call's input as the patterns of its tool mean it.
 * @throws when a field that decides what the call does is missing or is no text
 */
export function judge(tool: string, input: unknown, cwd: string): Judged {
  const fields = Fields.safeParse(input).data ?? {};
  const textOf = (name: string): string => z.string({ error: `${tool} without ${name}` }).parse(fields[name]);
  if (tool === 'Bash') return judgeCommand(textOf('command'), cwd);
  if (tool === 'WebFetch') return judgeAddress(textOf('url'));
  const files = FILE_FIELDS.filter((name) => fields[name] !== undefined).map(textOf);
  if (SEARCH_TOOLS.has(tool) && files.length === 0) files.push('.');
  if (FILE_TOOLS.has(tool)) return judgeFiles(tool, files.length > 0 ? files : [textOf('file_path')], cwd);
  const judged = judgeText(JSON.stringify(input ?? {}));
  return SEARCH_TOOLS.has(tool)
    ? { ...judged, effects: [fileEffect(READING, files.map(plainWord), [cwd])] }
    : judged;
}

const ANY_FILE: SideEffect = {
  tools: [...READING, ...WRITING],
  needsAllowing: false,
  restricts: () => 'maybe',
  allows: () => false,
};

/**
 * A call that could not be read: every rule may mean it, of a command those about files too, and only a rule for the
 * whole tool allows it.
 */
export function unreadable(tool: string): Judged {
  const effects = tool === 'Bash' ? [ANY_FILE] : [];
  return { argument: '', restricts: () => 'maybe', demands: null, effects };
}
