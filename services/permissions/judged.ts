import { z } from 'zod';
import { mergesWhenGreen } from './checked-merge.ts';
import { type Meant, spellingsOf } from './command-pattern.ts';
import { effectsOf, fileEffect, foldersFrom, READING, type SideEffect, WRITING } from './file-effects.ts';
import { UNKNOWN_ACT } from './forge-calls.ts';
import { branchesCheckedOut, type GatedAct } from './git-call.ts';
import { gatedActs, mayBeGated } from './git-gates.ts';
import { type Push, pushOf } from './git-push.ts';
import { createGround, type Ground } from './ground.ts';
import { saidToMissiond } from './own-commands.ts';
import type { PatternArgument } from './pattern-argument.ts';
import { type FoundCommand, findCommands } from './shell-commands.ts';
import { plainWord } from './shell-word.ts';
import { namesOfTool, runsCode, shellField } from './tool-pattern.ts';

/** One thing that has to be allowed: a call is one, a shell text as many as it has commands. */
export interface Demand {
  allows(pattern: PatternArgument): boolean;
}

/** What a tool call means to the patterns' arguments. */
export interface Judged {
  readonly argument: string;
  /** True of a call that is this and nothing else: the whole text of a command, a file that is no link. */
  isExactly(argument: string): boolean;
  /** @param alsoPerhaps without it `no` may stand for `maybe`, and costs less */
  restricts(pattern: PatternArgument, alsoPerhaps: boolean): Meant;
  /** All must be allowed, each maybe by another rule. Null: nothing but a rule for the whole tool allows this. */
  readonly demands: readonly Demand[] | null;
  readonly effects: readonly SideEffect[];
  /** What a call does that a gate stands before, when these branches are protected. */
  gated(branches: readonly string[]): readonly GatedAct[];
  /** What it pushes: what those commits change is to be looked at. */
  pushes(): readonly Push[];
  /** What it says to missiond's own command line, each time. */
  saidToMissiond(): readonly (readonly string[])[];
}

const NOT_GATED = {
  gated: (): readonly GatedAct[] => [],
  pushes: (): readonly Push[] => [],
  saidToMissiond: (): readonly (readonly string[])[] => [],
};
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

/** The field that chooses files below a folder. */
const CHOOSES_FILES: ReadonlyMap<string, string> = new Map([
  ['Grep', 'glob'],
  ['Glob', 'pattern'],
]);

const certain = (matches: boolean): Meant => (matches ? 'yes' : 'no');

/** The same words do the same each time. */
function distinctCommands(commands: readonly FoundCommand[]): readonly FoundCommand[] {
  const keyOf = ({ words, transparent }: FoundCommand): string =>
    JSON.stringify([transparent, words.map(({ text, mask }) => [text, mask])]);
  return [...new Map(commands.map((command) => [keyOf(command), command])).values()];
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
    restricts({ command: pattern }, alsoPerhaps) {
      if (pattern.matchesText(text)) return 'yes';
      let meant: Meant = 'no';
      for (const { spelled } of all) {
        const found = pattern.forbids(spelled, alsoPerhaps);
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
    saidToMissiond: () =>
      commands.flatMap(({ words }) => [saidToMissiond(words) ?? []].filter((said) => said.length > 0)),
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

/** Who searches a folder gets at all that is in it; in its own, Claude Code passes over what may not be read. */
function searched(files: readonly string[], ground: Ground): SideEffect {
  const places = files.flatMap((file) => ground.placesOf(file, ground.cwd));
  const whole = places.some((place) => ground.nameBelow(ground.cwd, place) === null);
  return fileEffect(READING, files.map(plainWord), [ground.cwd], ground, { whole });
}

function judgeFiles(tool: string, files: readonly string[], ground: Ground): Judged {
  const effect = SEARCH_TOOLS.has(tool)
    ? searched(files, ground)
    : fileEffect(READING, files.map(plainWord), [ground.cwd], ground);
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

/** `https://good.example*` allows that host: `https://good.example.evil.test/` begins like it. */
function staysAtHost(pattern: string, href: string): boolean {
  const [beginning] = /^https?:\/\/[^/*]+(?=\*(?:\/|$))/i.exec(pattern) ?? [];
  return beginning === undefined || /^(?:[:/?#]|$)/.test(href.slice(beginning.length));
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
        allows: ({ domain, glob, text }) =>
          url !== null &&
          /^https?:$/.test(url.protocol) &&
          url.username === '' &&
          url.password === '' &&
          (domain.glob(host) || (glob(url.href) && staysAtHost(text, url.href))),
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
  const textOf = (name: string): string => {
    const value = fields[name];
    if (typeof value !== 'string') throw new TypeError(`${tool} without ${name}`);
    return value;
  };
  const ground = createGround(cwd);
  if (runsCode(tool)) return unreadable(tool);
  const shell = shellField(tool);
  if (shell !== null) return judgeCommand(textOf(shell), ground);
  if (tool === 'WebFetch') return judgeAddress(textOf('url'));
  const files = FILE_FIELDS.filter((name) => fields[name] !== undefined).map(textOf);
  if (SEARCH_TOOLS.has(tool)) {
    if (files.length === 0) files.push('.');
    const glob = z.string().safeParse(fields[CHOOSES_FILES.get(tool) ?? '']).data;
    if (glob !== undefined)
      files.push(...(/^[/~]/.test(glob) ? [glob] : files.map((folder) => `${folder}/${glob}`)));
  }
  if (FILE_TOOLS.has(tool)) return judgeFiles(tool, files.length > 0 ? files : [textOf('file_path')], ground);
  const judged = judgeText(JSON.stringify(input ?? {}));
  return SEARCH_TOOLS.has(tool) ? { ...judged, effects: [searched(files, ground)] } : judged;
}

const ANY_FILE: SideEffect = {
  tools: [...READING, ...WRITING],
  meantByName: true,
  isGuess: false,
  needsAllowing: false,
  places: () => [],
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
    saidToMissiond: () => [],
  };
}
