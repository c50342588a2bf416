/**
 * Left out of what the program inherits: a daemon started from inside a Claude Code session carries that session's
 * variables, and `CLAUDE_CODE_CHILD_SESSION` switches transcripts off; `npm start` adds npm's own.
 */
const NOT_INHERITED =
  /^(?:CLAUDECODE$|CLAUDE_|AI_AGENT$|npm_|NPM_|INIT_CWD$|NODE_OPTIONS$|NODE_ENV$|VITEST|MISSIOND?_|XJP_MISSION)/;
/** The one that says where the person's login and settings lie. */
const INHERITED_ALL_THE_SAME: ReadonlySet<string> = new Set(['CLAUDE_CONFIG_DIR']);

/** Keeps what Claude Code shows and does the same in every slot, so that it can be read from the screen. */
const PROFILE = {
  TERM: 'xterm-256color',
  COLORTERM: 'truecolor',
  // Suggested prompts stand in the box like a draft.
  CLAUDE_CODE_ENABLE_PROMPT_SUGGESTION: 'false',
  // A survey is a dialog that nobody asked for.
  CLAUDE_CODE_DISABLE_FEEDBACK_SURVEY: '1',
  // The program of a running slot must not change.
  DISABLE_AUTOUPDATER: '1',
  // A resumed session falls back to the classic renderer by itself (measured); so every session uses it.
  CLAUDE_CODE_DISABLE_ALTERNATE_SCREEN: '1',
} as const;

/**
 * The environment of a slot's program: what the daemon inherited without the traces of other sessions, then the
 * profile, then what slots.yaml says, which wins.
 */
export function launchEnvironment(options: {
  readonly inherited: Readonly<Record<string, string | undefined>>;
  /** Null for a program that is no slot's. */
  readonly slotId: string | null;
  readonly slotEnv: Readonly<Record<string, string>>;
  readonly isRoot: boolean;
}): Record<string, string> {
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(options.inherited)) {
    if (value === undefined) continue;
    if (!NOT_INHERITED.test(name) || INHERITED_ALL_THE_SAME.has(name)) env[name] = value;
  }
  const { LC_ALL, LANG } = options.inherited;
  const speaksUtf8 = /utf-?8/i.test(LC_ALL ?? LANG ?? '');
  if (!speaksUtf8) {
    delete env['LC_ALL'];
    env['LANG'] = 'C.UTF-8';
  }
  // Claude Code refuses some modes to root unless it is told that it runs in a sandbox.
  if (options.isRoot) env['IS_SANDBOX'] = '1';
  const { slotId, slotEnv } = options;
  return { ...env, ...PROFILE, ...slotEnv, ...(slotId === null ? {} : { MISSIOND_SLOT_ID: slotId }) };
}
