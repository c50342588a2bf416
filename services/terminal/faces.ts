/**
 * How Claude Code draws itself, as data: every glyph and wording that the reading looks at, with where it was seen.
 * Geometry is judged first (what stands at column 0, above or below the prompt box); these only tell like from like.
 * There is no list of spinner verbs: they change with every release.
 */
export const FACES = {
  /** First character of the prompt box. `❯` from 2.1.30 on, `>` in 2.0.60 and 1.0.100. */
  prompt: ['❯', '>'],
  /** First character of an answer or a tool call at column 0. `⏺` on macOS, `●` elsewhere, 1.0.100 to 2.1.329. */
  bullet: ['●', '⏺'],
  /** Frames of the spinner at column 0 above the box: 1.0.100 to 2.1.329, Linux, macOS and ghostty sets together. */
  spinner: ['·', '✢', '✳', '✶', '✻', '✽', '*', '∗'],
  /** First line below a tool call or a prompt. */
  branch: ['⎿', '└'],
  /** Thinking shown as a line of its own (2.0.60). */
  thinkingMark: ['∴'],
  /** Window title at rest: `✳ name` (2.1.150, 2.1.329; absent in 2.0.60). */
  titleRest: /^✳/,
  /** Window title at work: half circles (2.1.228 on) or braille (2.1.30 to 2.1.150). */
  titleWork: /^[◐◓◑◒⠀-⣿]/u,
  /** Only there while a turn goes on: on the status bar (2.1.x) or on the spinner line (2.0.60). */
  interruptHint: /esc to interrupt/i,
  /** The row that a finished turn leaves (2.1.30 on): glyph, past verb, `for 6s`. */
  turnEnded: /^\S \p{L}+ for \d+(?:[hms]|\.)/u,
  /** The row of a turn that ended while work goes on behind it (2.1.329): `✻ Waiting for 1 background agent to finish`. */
  waitsBehind: /^\S Waiting for \d+ background\b/,
  /** A turn that a person stopped: 2.0.60 to 2.1.329. */
  interrupted: /^Interrupted\b/,
  /** Behind `⎿` (2.0.60, 2.1.150) or a bullet (2.1.329). */
  apiError: /^(?:API Error\b|.*\bPlease run \/login\b|Credit balance is too low)/,
  /** An attempt that failed and will be repeated: still at work. */
  retrying: /\bretrying in \d+/i,
  /** Behind `⎿` or a bullet when a usage window is full. */
  limit: /(?:usage|hour|weekly|session|Opus|Sonnet)[^.]{0,20} limit reached|You've hit your .{0,30}limit/i,
  /** The spinner's words while a conversation is compacted. */
  compacting: /^Compacting conversation/i,
  /** Rows below the question of a dialog: 2.0.60 to 2.1.329. */
  dialogFooter:
    /\bEsc to (?:cancel|exit|go back|reject|clear|close)\b|\bEnter to (?:confirm|select|submit)\b/i,
  /** Words of the trust dialog: `Do you trust the files` (2.0.60), `Accessing workspace` (2.1.x). */
  trust:
    /\btrust (?:the files|this folder)\b|^\s*Accessing workspace:|Is this a project you created or one you trust/i,
  /** Words that ask for a permission: 2.0.60 to 2.1.329. */
  permission: /^\s*(?:Do you want to|Would you like to|Claude (?:wants|needs) to)\b/i,
  plan: /\b(?:Exit plan mode\?|Claude wants to exit plan mode|Ready to code\?|Would you like to proceed\?|approve .{0,20}plan)/i,
  signIn: /\b(?:Select login method|Paste code here|Browser didn't open)/i,
  /** Headings of permission dialogs and the tool each stands for: 2.1.150, 2.1.329. */
  headings: [
    [/^Bash command/, 'Bash'],
    [/^(?:Create file|Write file|Overwrite file)/, 'Write'],
    [/^(?:Edit file|Make this edit)/, 'Edit'],
    [/^(?:Read file|Read files)/, 'Read'],
    [/^Fetch/, 'WebFetch'],
    [/^(?:Web search|Search the web)/, 'WebSearch'],
    [/^Edit notebook/, 'NotebookEdit'],
    [/^Use skill/, 'Skill'],
  ],
  /** Status bar below the box: `⏸ manual mode on`, `⏵⏵ accept edits on`. */
  mode: /^\s*(?:⏸|⏵⏵|⏵)\s*(.+?) (?:mode )?on\b/,
  /** `Context left until auto-compact: 12%` (to 2.1.30), `12% until auto-compact`, `88% context used` (2.1.150 on). */
  contextLeft: [
    [/Context left until auto-compact: (\d+)%/, 'left'],
    [/Context low \((\d+)% remaining/, 'left'],
    [/(\d+)% until auto-compact/, 'left'],
    [/(\d+)% context used/, 'used'],
  ],
  /** Collapsed tool calls that carry no bullet (2.1.329), drawn in grey. */
  collapsedTool: /^ {2}\p{Lu}\p{L}+ \d+ /u,
  /** `Name(arguments)` behind the bullet of a tool call. */
  toolCall: /^([A-Z][\w-]*|mcp__\w+|[\w-]+ - \w+ \(MCP\))\(/,
  /** A result that has not come yet. */
  toolWaiting: /^(?:Running|Waiting|Initializing|Fetching|Searching)\b.*…/,
  /** One row of the list of commands. */
  command: /^\s*(?:❯ )?\/[a-z][\w:-]*(?:\s|$)/,
} as const;
