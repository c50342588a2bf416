import { z } from 'zod';
import { messageOf } from '../errors/message-of.ts';

const Glyphs = z.array(z.string().min(1)).min(1).readonly();

/** `/source/flags`, as JavaScript writes it; in a file, a string of that form. */
const Pattern = z.unknown().transform((value, context): RegExp => {
  if (value instanceof RegExp) return value;
  const [, source, flags] = /^\/(.+)\/([iu]*)$/s.exec(String(value)) ?? [];
  try {
    if (source !== undefined) return new RegExp(source, flags);
    context.addIssue('write a regular expression between slashes, such as /esc to interrupt/i');
  } catch (error) {
    context.addIssue(messageOf(error));
  }
  return z.NEVER;
});

const Version = z.string().regex(/^\d+\.\d+\.\d+$/, 'write a version, such as 2.1.300');

/**
 * How Claude Code draws itself, as far as the reading looks at glyphs and words. Geometry is judged first (what stands
 * at column 0, above or below the prompt box); these only tell like from like. There is no list of spinner verbs:
 * they change with every release.
 */
export const Faces = z.strictObject({
  prompt: Glyphs,
  bullet: Glyphs,
  spinner: Glyphs,
  branch: Glyphs,
  titleRest: Pattern,
  titleWork: Pattern,
  interruptHint: Pattern,
  turnEnded: Pattern,
  waitsBehind: Pattern,
  interrupted: Pattern,
  apiError: Pattern,
  errorEndsTurnUntil: Version,
  stopFollowsErrorUntil: Version,
  banner: Pattern,
  retrying: Pattern,
  limit: Pattern,
  compacting: Pattern,
  dialogFooter: Pattern,
  trust: Pattern,
  permission: Pattern,
  plan: Pattern,
  signIn: Pattern,
  headings: z.array(z.tuple([Pattern, z.string()])).readonly(),
  mode: Pattern,
  contextLeft: z.array(z.tuple([Pattern, z.enum(['left', 'used'])])).readonly(),
  collapsedTool: Pattern,
  toolCall: Pattern,
  toolWaiting: Pattern,
  command: Pattern,
  retryDelay: Pattern,
  retryAttempt: Pattern,
  backgroundWork: Pattern,
  queuedMark: Pattern,
  todosHeading: Pattern,
  nextTodo: Pattern,
  todoDone: Glyphs,
  todoActive: Glyphs,
  todoOpen: Glyphs,
});
export type Faces = z.output<typeof Faces>;

/** One feature of the screen: what it is drawn with, where it stands, and in which versions it was seen so. */
interface Face<T> {
  readonly is: T;
  readonly where: string;
  readonly seen: string;
}

/** Every feature, with where and in which versions it was seen. `faces.yaml` in the home replaces single ones. */
export const FACE_SHEET: { readonly [Name in keyof Faces]: Face<Faces[Name]> } = {
  prompt: {
    is: ['❯', '>'],
    where: 'the first character of the prompt box, and of a prompt that was sent',
    seen: '❯ from 2.1.0 on; > from 1.0.100 to 2.0.77',
  },
  bullet: {
    is: ['●', '⏺'],
    where: 'at column 0, before an answer or a tool call; ⏺ on macOS',
    seen: '1.0.100 to 2.1.329',
  },
  spinner: {
    is: ['·', '✢', '✳', '✶', '✻', '✽', '*', '∗'],
    where: 'at column 0 above the box; the frames of Linux, macOS and ghostty together',
    seen: '1.0.100 to 2.1.329',
  },
  branch: {
    is: ['⎿', '└'],
    where: 'at column 2, on the first row below a tool call or a prompt',
    seen: '1.0.100 to 2.1.329',
  },
  titleRest: { is: /^✳/, where: 'the window title at rest', seen: '2.1.30 to 2.1.329; no title in 2.0.60' },
  titleWork: {
    is: /^[◐◓◑◒⠀-⣿]/u,
    where: 'the window title at work',
    seen: 'half circles from 2.1.228 on; braille from 2.1.30 to 2.1.150',
  },
  interruptHint: {
    is: /esc to interrupt/i,
    where: 'below the box, only while a turn goes on; on the spinner row in 2.0.60',
    seen: '2.0.60 to 2.1.329',
  },
  turnEnded: {
    is: /^\S \p{L}+ for \d+(?:[hms]|\.)/u,
    where: 'at column 0, the row that a finished turn leaves: glyph, past verb, for 6s',
    seen: '2.1.150 to 2.1.329',
  },
  waitsBehind: {
    is: /^\S Waiting for \d+ background\b/,
    where: 'at column 0, instead of that row, when work goes on behind the turn',
    seen: '2.1.329',
  },
  interrupted: {
    is: /^Interrupted\b/,
    where: 'behind the branch, below what a person stopped',
    seen: '2.0.60 to 2.1.329',
  },
  apiError: {
    is: /^(?:API Error\b|.*\bPlease run \/login\b|Credit balance is too low)/,
    where: 'behind the branch (to 2.1.150) or a bullet (2.1.329), in a colour of its own',
    seen: '2.0.60 to 2.1.329',
  },
  errorEndsTurnUntil: {
    is: '2.1.328',
    where: 'the row of a finished turn stands below an API error, too, up to this version',
    seen: '2.1.200 to 2.1.325; not in 2.1.329, where it proves that an answer only looks like an error',
  },
  stopFollowsErrorUntil: {
    is: '2.1.30',
    where: 'not on the screen: a turn that an API error ended sends the Stop hook, too, up to this version',
    seen: '2.0.45 to 2.1.30; not in 2.1.80, 2.1.120 and later',
  },
  banner: {
    is: /\bClaude Code v(\d+\.\d+\.\d+)/,
    where: 'in the first rows of a session: the version',
    seen: '2.0.0 to 2.1.329',
  },
  retrying: {
    is: /\bretrying in \d+/i,
    where: 'on the spinner row, or behind the branch: an attempt failed and will be repeated',
    seen: '2.0.60 to 2.1.329',
  },
  limit: {
    is: /(?:usage|hour|weekly|session|Opus|Sonnet)[^.]{0,20} limit reached|You've hit your .{0,30}limit/i,
    where: 'behind the branch or a bullet, when a usage window is full',
    seen: 'in the texts of 2.0.60 to 2.1.329',
  },
  compacting: {
    is: /^Compacting conversation/i,
    where: 'the words of the spinner while a conversation is compacted',
    seen: '2.0.60 to 2.1.329',
  },
  dialogFooter: {
    is: /\bEsc to (?:cancel|exit|go back|reject|clear|close)\b|\bEnter to (?:confirm|select|submit)\b/i,
    where: 'the last row of a dialog or a panel',
    seen: '2.0.60 to 2.1.329',
  },
  trust: {
    is: /\btrust (?:the files|this folder)\b|^\s*Accessing workspace:|Is this a project you created or one you trust/i,
    where: 'in the trust dialog',
    seen: 'Do you trust the files in 2.0.60, Accessing workspace from 2.1.30 on',
  },
  permission: {
    is: /^\s*(?:Do you want to|Would you like to|Claude (?:wants|needs) to)\b/i,
    where: 'the question of a permission dialog',
    seen: '2.0.60 to 2.1.329',
  },
  plan: {
    is: /\b(?:Exit plan mode\?|Claude wants to exit plan mode|Ready to code\?|Would you like to proceed\?|approve .{0,20}plan)/i,
    where: 'in the dialog that ends plan mode',
    seen: 'Exit plan mode? from 2.1.30 to 2.1.329 (an empty plan), Ready to code? in 2.0.60',
  },
  signIn: {
    is: /\b(?:Select login method|Paste code here|Browser didn't open)/i,
    where: 'in the sign-in screens',
    seen: 'in the texts of 2.0.60 to 2.1.329',
  },
  headings: {
    is: [
      [/^Bash command/, 'Bash'],
      [/^(?:Create file|Write file|Overwrite file)/, 'Write'],
      [/^(?:Edit file|Make this edit)/, 'Edit'],
      [/^(?:Read file|Read files)/, 'Read'],
      [/^Fetch/, 'WebFetch'],
      [/^(?:Web search|Search the web)/, 'WebSearch'],
      [/^Edit notebook/, 'NotebookEdit'],
      [/^Use skill/, 'Skill'],
    ],
    where: 'the first row of a permission dialog, and the tool that it stands for',
    seen: '2.0.60 to 2.1.329',
  },
  mode: {
    is: /^\s*(?:⏸|⏵⏵|⏵)\s*(.+?) (?:mode )?on\b/,
    where: 'the status bar below the box: ⏸ manual mode on, ⏵⏵ accept edits on',
    seen: '2.0.60 to 2.1.329',
  },
  contextLeft: {
    is: [
      [/Context left until auto-compact: (\d+)%/, 'left'],
      [/Context low \((\d+)% remaining/, 'left'],
      [/(\d+)% until auto-compact/, 'left'],
      [/(\d+)% context used/, 'used'],
    ],
    where: 'the status bar, and whether the number says what is left or what is used',
    seen: 'Context left to 2.1.30, until auto-compact and context used from 2.1.150 on',
  },
  collapsedTool: {
    is: /^ {2}\p{Lu}\p{L}+ \d+ /u,
    where: 'tool calls drawn as one row without a bullet, in grey',
    seen: '2.1.329',
  },
  toolCall: {
    is: /^([A-Z][\w-]*|mcp__\w+|[\w-]+ - \w+ \(MCP\))\(/,
    where: 'behind the bullet of a tool call: Name(arguments)',
    seen: '1.0.100 to 2.1.329',
  },
  toolWaiting: {
    is: /^(?:Running|Waiting|Initializing|Fetching|Searching)\b.*…/,
    where: 'behind the branch of a tool call whose result has not come yet',
    seen: '2.0.60 to 2.1.329',
  },
  command: {
    is: /^\s*(?:❯ )?\/[a-z][\w:-]*(?:\s|$)/,
    where: 'one row of the list of commands: below the box to 2.1.150, above it in 2.1.329',
    seen: '2.0.60 to 2.1.329',
  },
  retryDelay: {
    is: /retrying in (\d+)\s*s/i,
    where: 'on the spinner row, or behind the error; the seconds are the first group',
    seen: '2.0.60 to 2.1.329',
  },
  retryAttempt: {
    is: /attempt (\d+)(?:\/(\d+))?/i,
    where: 'behind the delay; the attempt, and how many there will be',
    seen: '2.0.60 to 2.1.329',
  },
  backgroundWork: {
    is: /\b(\d+) (?:shells?|bash(?:es)?|background tasks?|agents? running)\b/,
    where: 'on the status bar; the first group is how many',
    seen: '`1 shell` in 2.1.329, `2 background tasks` from 2.1.30 to 2.1.150',
  },
  queuedMark: {
    is: /^Queued\b/,
    where: 'behind the branch, below words that a person typed during a turn',
    seen: '2.1.329; earlier versions indent such words and write nothing',
  },
  todosHeading: {
    is: /^\d+ tasks? \(/,
    where: 'at column 2, above the list when no spinner stands there',
    seen: '2.1.30 and 2.1.150',
  },
  nextTodo: {
    is: /^Next: (\S.*)$/,
    where: 'behind the branch below the spinner, instead of the list',
    seen: '2.0.60',
  },
  todoDone: { is: ['✔'], where: 'before an entry of the list', seen: '2.1.30 and 2.1.150' },
  todoActive: { is: ['◼'], where: 'before an entry of the list', seen: '2.1.30 and 2.1.150' },
  todoOpen: { is: ['◻'], where: 'before an entry of the list', seen: '2.1.30 and 2.1.150' },
};

/** The features as this release knows them. */
export const FACES: Faces = Faces.parse(
  Object.fromEntries(Object.entries(FACE_SHEET).map(([name, { is }]) => [name, is])),
);
