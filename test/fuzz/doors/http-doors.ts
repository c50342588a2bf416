import { expect } from 'vitest';
import { hasCode } from '../../../services/errors/system-error.ts';
import type { Random } from '../../chaos/random.ts';
import { type RawRequest, rawRequest } from '../../server/raw-request.ts';
import type { FuzzedDaemon } from '../fuzzed-daemon.ts';
import { messageLike } from '../mutate.ts';
import { createSampler } from '../sample-input.ts';
import { triedOperations } from '../tried-operations.ts';
import type { Door } from './door.ts';

/** They may wait for an answer that nobody gives: their caller goes away instead. */
const MAY_WAIT = /_(?:ask|send|task_ack|task_track|trigger_swarm)$/;
const IMPATIENT_MS = 200;

/** What the agent of a slot sends. */
const HOOKS: readonly ((random: Random) => Record<string, unknown>)[] = [
  () => ({ hook_event_name: 'SessionStart', source: 'startup' }),
  () => ({ hook_event_name: 'UserPromptSubmit', prompt: 'say: hello' }),
  (random) => ({
    hook_event_name: random.pick(['PreToolUse', 'PermissionRequest', 'PostToolUse']),
    tool_name: random.pick(['Bash', 'Read', 'Edit', 'WebFetch', 'mcp__a__b', 'AskUserQuestion']),
    tool_input: random.pick([
      {
        command:
          "a=1; echo \"$(cat <<'E'\nx\nE\n)\" | xargs -I{} sh -c 'rm -rf {}' && (cd .. ; git push) # x",
      },
      { command: 'for i in 1 2; do touch "$i"; done' },
      { file_path: '/tmp/../etc/passwd', old_string: 'a', new_string: 'b' },
      { url: 'https://example.org/?q=1#x' },
      { questions: [{ question: 'Which?', header: 'Q', options: [{ label: 'A', description: '' }] }] },
    ]),
    tool_use_id: 'toolu_1',
    tool_response: { stdout: 'x', stderr: '' },
  }),
  () => ({ hook_event_name: 'PostToolUseFailure', tool_name: 'Bash', tool_input: {}, error: 'x' }),
  () => ({ hook_event_name: 'MessageDisplay', delta: 'words', final: true }),
  () => ({ hook_event_name: 'Stop', last_assistant_message: 'done', background_tasks: [{}] }),
  () => ({ hook_event_name: 'StopFailure', error: 'x', last_assistant_message: 'API Error: 500' }),
  () => ({ hook_event_name: 'PreCompact', trigger: 'auto' }),
  () => ({ hook_event_name: 'SessionEnd', reason: 'clear' }),
];
const STATUS_LINE = {
  version: '2.1.329',
  context_window: { remaining_percentage: 42 },
  cost: { total_cost_usd: 0.5 },
  rate_limits: { five_hour: { used_percentage: 12, resets_at: 1_900_000_000 } },
};

/** A caller that goes away after a while, answered or not; null when it has gone first. */
async function hurried(request: RawRequest, withinMs: number | undefined) {
  const signal = withinMs === undefined ? undefined : AbortSignal.timeout(withinMs);
  return rawRequest({ ...request, ...(signal === undefined ? {} : { signal }) }).catch((error: unknown) => {
    // Too much is not read to its end: the connection is cut.
    if (signal?.aborted === true || hasCode(error, 'ECONNRESET') || hasCode(error, 'EPIPE')) return null;
    throw error;
  });
}

/** Every operation over HTTP, by TCP with the token or by the unix socket without one. */
export function createOperationsDoor(daemon: FuzzedDaemon, over: 'TCP' | 'the unix socket'): Door {
  const where = over === 'TCP' ? { port: daemon.port } : { socketPath: daemon.socketFile };
  const authorised = over === 'TCP' ? daemon.owner : {};
  const samplers = new Map(triedOperations.map(({ name, input }) => [name, createSampler(input)]));
  const ids: string[] = [];
  return {
    name: `operations over ${over}`,
    async attempt(random) {
      const { name } = random.pick(triedOperations);
      const reply = await hurried(
        {
          ...where,
          path: `/api/tools/${name}`,
          method: 'POST',
          headers: { ...authorised, 'content-type': 'application/json' },
          body: messageLike(samplers.get(name)?.(ids, random), random),
        },
        MAY_WAIT.test(name) ? IMPATIENT_MS : undefined,
      );
      if (reply === null) return;
      expect(reply.status, `${name}: ${reply.body}`).toBeLessThan(500);
      const made = /"(?:taskId|id)": ?"([\w-]+)"/.exec(reply.body)?.[1];
      if (made !== undefined && ids.length < 50) ids.push(made);
    },
    rest: async () => {},
    async honest() {
      const reply = await rawRequest({ ...where, path: '/api/slots', headers: authorised });
      expect([reply.status, reply.body]).toEqual([200, expect.stringContaining('researcher-1')]);
    },
  };
}

/** The hooks and the status line of a slot, with its token. */
export function createHooksDoor(daemon: FuzzedDaemon, slotId: string): Door {
  const { hookUrl, statusLineUrl, token } = daemon.doorOf(slotId);
  const post = (url: string, body: string | Uint8Array, withinMs?: number) =>
    hurried(
      {
        port: daemon.port,
        path: new URL(url).pathname,
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body,
      },
      withinMs,
    );
  let common: Record<string, unknown> | undefined;
  /** As Claude Code names itself in every hook. */
  const where = async () => {
    const { slots } = await daemon.client.ptyStatus({ slotId });
    return { session_id: slots[0]?.sessionId ?? '', cwd: daemon.directory };
  };
  return {
    name: 'hooks',
    async attempt(random) {
      common ??= await where();
      const isStatusLine = random.next() < 0.2;
      const valid = { ...common, ...(isStatusLine ? STATUS_LINE : random.pick(HOOKS)(random)) };
      const url = isStatusLine ? statusLineUrl : hookUrl;
      // Nobody answers what it asks.
      const reply = await post(url, messageLike(valid, random), IMPATIENT_MS);
      if (reply !== null) expect(reply.status, reply.body).toBeLessThan(500);
    },
    rest: async () => {},
    async honest() {
      const hook = {
        ...(await where()),
        hook_event_name: 'PreToolUse',
        tool_name: 'Bash',
        tool_input: { command: 'rm -rf /' },
      };
      const reply = await post(hookUrl, JSON.stringify(hook));
      expect([reply?.status, reply?.body]).toEqual([200, expect.stringContaining('"deny"')]);
    },
  };
}
