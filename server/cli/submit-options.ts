import type { Command, ParsedCommand } from './command.ts';
import { numberOf, wholeNumberOf } from './option-values.ts';

const SECOND_MS = 1_000;

/** What `missiond submit` takes beside who does it; the rest is for `missiond call mission_submit`. */
export const submitOptions = {
  priority: { type: 'string', help: 'higher is served first (-100 to 100, default 0)' },
  requires: { type: 'string', help: 'traits that the slot must have, separated by commas' },
  timeout: { type: 'string', help: 'how long one attempt may take, in seconds' },
  retries: { type: 'string', help: 'how often it is tried again after a failure' },
  after: { type: 'string', help: 'ids of tasks that must be done first, separated by commas' },
  results: { type: 'boolean', help: 'put their results at the end of the prompt' },
  'not-before': { type: 'string', help: 'no slot takes it before this moment (ISO 8601 with a time zone)' },
  verify: { type: 'string', help: 'a command that must end with 0 in the folder of the slot' },
  'budget-usd': { type: 'string', help: 'what it may spend, in dollars; then it is stopped' },
  worktree: {
    type: 'string',
    mayBeBare: true,
    help: 'do it in a git worktree of its own: --worktree, or --worktree=BRANCH',
  },
  base: { type: 'string', help: 'where its branch begins (default: HEAD of the folder of the slot)' },
  labels: { type: 'string', help: 'words of yours, separated by commas' },
  key: { type: 'string', help: 'submitted again with the same key, it is the same task' },
} as const satisfies Command['options'];

/** True for a worktree of which nothing more is said. */
function worktreeOf({ worktree, base }: ParsedCommand['values']): unknown {
  if (worktree === undefined && base === undefined) return undefined;
  if (!worktree && base === undefined) return true;
  return { ...(worktree ? { branch: worktree } : {}), ...(base === undefined ? {} : { base }) };
}

function listOf(text: string | boolean | undefined): readonly string[] | undefined {
  return typeof text === 'string' ? text.split(',').map((word) => word.trim()) : undefined;
}

/**
 * The options as the operation takes them.
 * @throws MissionError `input_invalid`
 */
export function submitInput(parsed: ParsedCommand): Record<string, unknown> {
  const { values } = parsed;
  const seconds = numberOf(parsed, 'timeout', { whole: false });
  const usd = numberOf(parsed, 'budget-usd', { whole: false });
  const said = {
    priority: wholeNumberOf(parsed, 'priority'),
    requires: listOf(values['requires']),
    timeoutMs: seconds === undefined ? undefined : Math.ceil(seconds * SECOND_MS),
    retries: wholeNumberOf(parsed, 'retries'),
    dependsOn: listOf(values['after']),
    includeResults: values['results'],
    notBefore: values['not-before'],
    verify: values['verify'] === undefined ? undefined : { command: values['verify'] },
    budget: usd === undefined ? undefined : { usd },
    worktree: worktreeOf(values),
    labels: listOf(values['labels']),
    idempotencyKey: values['key'],
  };
  return Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined));
}
