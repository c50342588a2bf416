import { z } from 'zod';
import { forbids, type Meant, permits, plainGlob } from './command-pattern.ts';
import { globToRegExp } from './glob.ts';
import { pathMatcher, placesOf } from './path-pattern.ts';
import { type FoundCommands, findCommands } from './shell-commands.ts';
import type { ShellWord } from './shell-word.ts';

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

const Input = z.looseObject({
  command: z.string().optional(),
  file_path: z.string().optional(),
  notebook_path: z.string().optional(),
  path: z.string().optional(),
  url: z.string().optional(),
});

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
const READING = ['Read'];
const WRITING = ['Edit', 'Write'];

const certain = (matches: boolean): Meant => (matches ? 'yes' : 'no');

function fileEffect(
  tools: readonly string[],
  files: readonly string[],
  cwds: readonly string[],
  needsAllowing = false,
): SideEffect {
  const cwd = cwds[0] ?? '/';
  // Asking the disk is the slow part, and most calls meet no rule about files.
  let known: readonly string[] | undefined;
  const places = (): readonly string[] => {
    known ??= [...new Set(files)].flatMap((file) => cwds.flatMap((base) => placesOf(file, base)));
    return known;
  };
  return {
    tools,
    needsAllowing,
    restricts: (pattern) => certain(places().some(pathMatcher(pattern, { cwd, wide: true }))),
    allows: (pattern) => places().every(pathMatcher(pattern, { cwd, wide: false })),
  };
}

function effectsOf({ reads, writes, changes, folders }: FoundCommands, cwd: string): readonly SideEffect[] {
  const cwds = [cwd, ...folders.flatMap(({ text }) => placesOf(text, cwd))];
  const together = (tools: readonly string[], words: readonly ShellWord[]): readonly SideEffect[] =>
    words.length === 0
      ? []
      : [
          fileEffect(
            tools,
            words.map(({ text }) => text),
            cwds,
          ),
        ];
  return [
    ...together(READING, reads),
    ...together(WRITING, changes),
    // Each file that is written may be allowed by another rule.
    ...writes.map(({ text }) => fileEffect(WRITING, [text], cwds, true)),
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
      if (globToRegExp(plainGlob(pattern)).test(text)) return 'yes';
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

function judgeFile(tool: string, file: string, cwd: string): Judged {
  const effect = fileEffect(READING, [file], [cwd]);
  return {
    argument: file,
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
      const byHost = host !== '' && (globToRegExp(domain).test(host) || host.endsWith(`.${domain}`));
      return certain(
        byHost || globToRegExp(pattern).test(address) || globToRegExp(pattern).test(url?.href ?? ''),
      );
    },
    demands: [
      {
        // `https://good.example@evil.example/` starts like a good address.
        allows: (pattern) =>
          url !== null &&
          url.username === '' &&
          url.password === '' &&
          (globToRegExp(domainOf(pattern)).test(host) || globToRegExp(pattern).test(url.href)),
      },
    ],
    effects: [],
  };
}

function judgeText(text: string): Judged {
  const allows = (pattern: string): boolean => globToRegExp(pattern).test(text);
  return {
    argument: text,
    restricts: (pattern) => certain(allows(pattern)),
    demands: [{ allows }],
    effects: [],
  };
}

/** Reads a call's input as the patterns of its tool mean it. */
export function judge(tool: string, input: unknown, cwd: string): Judged {
  const fields = Input.safeParse(input).data ?? {};
  if (tool === 'Bash' && fields.command !== undefined) return judgeCommand(fields.command, cwd);
  const file = fields.file_path ?? fields.notebook_path ?? fields.path;
  if (FILE_TOOLS.has(tool) && file !== undefined) return judgeFile(tool, file, cwd);
  if (tool === 'WebFetch' && fields.url !== undefined) return judgeAddress(fields.url);
  const judged = judgeText(JSON.stringify(input ?? {}));
  return SEARCH_TOOLS.has(tool)
    ? { ...judged, effects: [fileEffect(READING, [file ?? '.'], [cwd])] }
    : judged;
}

/** For a call that could not be read: every rule may mean it, and only a rule for the whole tool allows it. */
export const UNREADABLE: Judged = { argument: '', restricts: () => 'maybe', demands: null, effects: [] };
