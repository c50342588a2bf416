import { messageOf } from './message-of.ts';

/**
 * Every failure that a user may meet has a code here with a sentence that says what it means.
 * Codes are part of the public surface (MCP, REST, CLI `--json`): add, never rename.
 */
const MISSION_ERRORS = {
  slot_unknown: 'No slot of that name is configured.',
  agent_refused: 'An agent cannot be made so, or cannot become what was asked for.',
  agent_unknown: 'No agent has that name, or agents of several repositories have it.',
  role_unknown: 'No configured slot has that role.',
  task_unknown: 'No task has that id, or the prefix fits several.',
  board_task_unknown: 'No board task has that id, or the prefix fits several.',
  board_transition: 'A board task of that status cannot become what was asked for.',
  board_claimed: 'Somebody else works on the board task.',
  board_has_children: 'Other board tasks hang below this one.',
  conversation_unknown: 'No conversation has that id, or the beginning fits several.',
  knowledge_unknown: 'Nothing is known by that key or id.',
  memory_job_unknown: 'No job of the memory has that id, or the beginning fits several.',
  message_unknown: 'No message has that id, or the beginning fits several.',
  receiver_unknown: 'Nobody of that name, role or repository can be written to.',
  server_unknown: 'servers.yaml has no machine of that id.',
  skill_unknown: 'No skill is called so, or skills of several places are.',
  skill_changed: 'The file of the skill is not what it was; nothing was written.',
  skill_refused: 'The skill cannot be written so.',
  role_undefined: 'No role of that name is defined.',
  secret_refused: 'It holds what looks like a secret, which is not remembered.',
  question_gone: 'Nothing waits for an answer any more.',
  person_only: 'Only a person may answer this.',
  not_rememberable: 'No rule can be written that allows this call and no other.',
  option_unknown: 'The dialog has no such option.',
  option_ambiguous: 'More than one option of the dialog fits.',
  slot_not_running: 'The slot has no running session.',
  slot_already_running: 'The slot already has a running session.',
  slot_quarantined: 'The slot failed too often and is left alone for a while.',
  slot_not_idle: 'The session is busy, so nothing may be typed into it now.',
  no_slot_fits: 'No slot has what the task requires.',
  queue_full: 'Too many tasks wait already.',
  dependency_failed: 'A task that this one depends on has ended without a result.',
  idempotency_conflict: 'The key belongs to another task.',
  prompt_empty: 'The prompt holds no printable character.',
  prompt_too_long: 'The prompt is longer than a terminal session takes.',
  prompt_refused: 'The prompt cannot be typed without changing its meaning.',
  turn_failed: 'Claude Code ended the turn with an error.',
  stuck: 'The session showed no life, and nothing that was tried helped.',
  blocked: 'The agent said that it cannot go on, and why.',
  needs_login: 'Claude Code is not signed in any more.',
  api_down: 'The API did not answer, or answered with an error of its own.',
  turn_interrupted: 'The turn was interrupted before it had an answer.',
  session_exited: 'Claude Code ended while it worked.',
  session_not_ended: 'A session that should stop could not be ended, and may still work.',
  delivery_failed: 'The prompt was typed but Claude Code never confirmed it.',
  hooks_silent: 'Claude Code does not call the hooks that enforce the policy.',
  composer_occupied: 'A draft stands in the prompt box.',
  claude_missing: 'No Claude Code program was found.',
  launch_failed: 'The program of the slot did not start.',
  config_invalid: 'A configuration file has an error.',
  permissions_invalid: 'permissions.yaml has an error; the last good rules stay in force.',
  secret_unresolved: 'A value of slots.yaml could not be resolved.',
  port_taken: 'The port is used by another program.',
  daemon_running: 'A daemon already serves this home.',
  daemon_unreachable: 'No daemon answers.',
  pty_host_unreachable: 'The process that holds the terminals does not answer.',
  not_authorised: 'The token is missing or does not allow this.',
  too_many: 'More at once, or in a short time, than missiond takes.',
  crowded: 'More connections are open than the daemon takes.',
  not_permitted: 'The token is good, but not for this.',
  input_invalid: 'The arguments do not fit the operation.',
  database_failed: 'The database refused the operation.',
  budget_exceeded: 'A budget is spent.',
  repository_unknown: 'The team works on no repository of that name, or nothing says which one is meant.',
  repository_refused: 'The repository cannot be added, or not under that name.',
  repository_failed: 'The repository could not be cloned, reached or looked at.',
  repository_in_use: 'The repository is needed, or holds what is nowhere else.',
  no_repository: 'The folder of the slot is no working tree of a git repository.',
  worktree_refused: 'The branch or the base of a worktree cannot be used.',
  tmux_failed: 'tmux is missing, or did not do what it was told.',
  worktree_failed: 'git could not make, read or remove a worktree.',
  setup_failed: 'The set-up of a new worktree did not come to its end.',
  worktree_in_use: 'Somebody still works in the worktree.',
  verify_failed: 'The check of the result did not agree.',
  router_not_configured: 'No language model is configured for the router.',
  router_model_unknown: 'No backend of the router has that model.',
  router_budget_spent: 'The money that the router may spend today is spent.',
  router_refused: 'The model refused to answer.',
  router_unavailable: 'No backend of the router answered.',
  host_key_unknown: 'The key that the machine shows is not known, and nobody has accepted it.',
  host_key_changed: 'The machine shows another key than before.',
  ssh_failed: 'The machine could not be reached, did not let us in, or could not be looked at.',
  timeout: 'The wait ended before the work did.',
  cancelled: 'The caller gave up.',
  screenshot_failed: 'The terminal could not be drawn.',
  recording_invalid: 'The file is not an asciicast version 2.',
  internal: 'Something in missiond itself failed.',
} as const;

export type MissionErrorCode = keyof typeof MISSION_ERRORS;

/** False for a code of another version, or of another program. */
export function isErrorCode(code: string): code is MissionErrorCode {
  return Object.hasOwn(MISSION_ERRORS, code);
}

/**
 * The one error class of the project. `message` says what happened; `remedy` says what to do about it.
 * Expected failures of a service are values; this is thrown where a caller must stop.
 */
export class MissionError extends Error {
  readonly code: MissionErrorCode;
  readonly remedy: string | undefined;
  readonly facts: Readonly<Record<string, unknown>>;

  constructor(
    code: MissionErrorCode,
    message: string,
    options: { remedy?: string; facts?: Record<string, unknown>; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'MissionError';
    this.code = code;
    this.remedy = options.remedy;
    this.facts = options.facts ?? {};
  }
}

/** A failure as plain JSON: what rows, machine contexts and replies hold. */
export interface Failure {
  readonly code: MissionErrorCode;
  readonly message: string;
  readonly remedy?: string;
}

/** Turns anything thrown into plain JSON; unknown errors become `internal` and keep their message. */
export function toFailure(error: unknown): Failure {
  if (error instanceof MissionError) {
    return error.remedy === undefined
      ? { code: error.code, message: error.message }
      : { code: error.code, message: error.message, remedy: error.remedy };
  }
  return { code: 'internal', message: messageOf(error) };
}
