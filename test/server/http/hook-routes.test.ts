import { randomUUID } from 'node:crypto';
import http from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { MissionEvent } from '../../../actors/mission/views.ts';
import { failureOf, type OpenDoors, openDoors } from '../open-doors.ts';
import type { RawReply } from '../raw-request.ts';

let doors: OpenDoors;
beforeAll(async () => {
  doors = await openDoors();
  await doors.client.ptySpawn({ slotId: 'coder-1' });
  await doors.client.ptySpawn({ slotId: 'coder-2' });
});
afterAll(async () => {
  expect(doors.errors().filter((line) => !line.includes('a hook failed'))).toEqual([]);
  await doors.close();
});

const ofOtherRun = (url: string): string => url.replace(/[^/]+$/, randomUUID());

function post(url: string, token: string | undefined, body: unknown): Promise<RawReply> {
  return doors.tcp({
    path: new URL(url).pathname,
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body),
  });
}

async function slot(slotId: string) {
  const { slots } = await doors.client.ptyStatus({ slotId });
  const [view] = slots;
  if (view === undefined) throw new Error(`no ${slotId}`);
  return view;
}

/** Everything that only a hook or a status line changes; what the screen says moves in its own time. */
async function standing() {
  const { slots } = await doors.client.ptyStatus({});
  const { tasks } = await doors.client.tasks({ limit: 500 });
  const heard = slots.map(({ slotId, lastActivityAt, costUsd, claudeVersion, pendingConfirmation }) => ({
    slotId,
    lastActivityAt,
    costUsd,
    claudeVersion,
    pendingConfirmation,
  }));
  const histories = await Promise.all(
    slots.map(async ({ slotId }) => (await doors.client.ptyHistory({ slotId })).history),
  );
  return { heard, tasks, histories };
}

/** A hook of the session that the slot was started with. */
const hookOf = async (slotId: string, name: string, more: object = {}) => ({
  session_id: (await slot(slotId)).sessionId,
  cwd: '/',
  hook_event_name: name,
  ...more,
});
const verdictOf = ({ body }: RawReply): unknown => JSON.parse(body).hookSpecificOutput;

describe("with the slot's token", () => {
  test('a hook moves its session', async () => {
    const { hookUrl, token } = doors.doorOf('coder-1');
    const before = await standing();
    const prompt = await hookOf('coder-1', 'UserPromptSubmit', { prompt: 'typed by a person' });
    const reply = await post(hookUrl, token, prompt);
    expect([reply.status, reply.body]).toEqual([200, '{}']);
    expect(await standing()).not.toEqual(before);
    expect((await slot('coder-1')).evidence.join()).toContain('hook.promptSubmitted');
  });

  test.each([
    ['Read', { file_path: '/x' }, 'allow'],
    ['Bash', { command: 'rm -rf x' }, 'deny'],
    ['Bash', { command: 'touch x' }, 'ask'],
  ])('%s %o is judged: %s', async (tool_name, tool_input, permissionDecision) => {
    const { hookUrl, token } = doors.doorOf('coder-1');
    const reply = await post(
      hookUrl,
      token,
      await hookOf('coder-1', 'PreToolUse', { tool_name, tool_input }),
    );
    expect(verdictOf(reply)).toMatchObject({ permissionDecision });
  });

  test('a status line is shown and its numbers are kept', async () => {
    const { statusLineUrl, token } = doors.doorOf('coder-1');
    const reply = await post(statusLineUrl, token, { cost: { total_cost_usd: 1.5 }, version: '2.1.329' });
    expect(reply.status).toBe(200);
    expect(reply.headers['content-type']).toMatch(/^text\/plain/);
    expect((await slot('coder-1')).costUsd).toBe(1.5);
  });

  test('a question whose asker goes away is not asked any more', async () => {
    const { hookUrl, token } = doors.doorOf('coder-1');
    const stop = new AbortController();
    const asked = eventOf((event) => event.type === 'question_asked', stop.signal);
    const closed = eventOf((event) => event.type === 'question_closed', stop.signal);
    const request = http.request(hookUrl, {
      method: 'POST',
      agent: false,
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    });
    request.on('error', () => {});
    request.end(
      JSON.stringify(
        await hookOf('coder-1', 'PermissionRequest', {
          tool_name: 'Bash',
          tool_input: { command: 'touch x' },
        }),
      ),
    );
    await asked;
    request.destroy();
    await closed;
    stop.abort();
    expect((await slot('coder-1')).pendingConfirmation).toBeUndefined();
  });
});

async function eventOf(fits: (event: MissionEvent) => boolean, signal: AbortSignal): Promise<MissionEvent> {
  for await (const event of doors.client.events({ signal })) if (fits(event)) return event;
  throw new Error('the doors closed before the event came');
}

describe('nothing is changed', () => {
  let before: Awaited<ReturnType<typeof standing>>;
  beforeEach(async () => {
    before = await standing();
  });
  const unchanged = async (): Promise<void> => expect(await standing()).toEqual(before);

  test.each<[string, () => string | undefined]>([
    ['no token', () => undefined],
    ['an empty token', () => ''],
    ['the token of another slot', () => doors.doorOf('coder-2').token],
    ['the token of the owner', () => doors.token],
    ['a token that is nearly right', () => doors.doorOf('coder-1').token.slice(0, -1)],
  ])('by a hook with %s', async (_, token) => {
    const { hookUrl, statusLineUrl } = doors.doorOf('coder-1');
    const forged = [
      await hookOf('coder-1', 'Stop', { last_assistant_message: 'forged' }),
      await hookOf('coder-1', 'PreToolUse', { tool_name: 'Read', tool_input: {} }),
      '{',
      // Refused before it is read, so the reply does not tell that it is too large.
      Buffer.alloc(11 * 1024 * 1024, ' '),
    ];
    for (const url of [hookUrl, statusLineUrl, ofOtherRun(hookUrl)]) {
      for (const body of forged) {
        const reply = await post(url, token(), body);
        expect([reply.status, failureOf(reply).code]).toEqual([401, 'not_authorised']);
      }
    }
    await unchanged();
  });

  test.each(['coder-2', 'researcher-1', 'ghost', '..%2f..', '%00', 'a'.repeat(65)])(
    'at the address of %s, which is of another slot or of none',
    async (name) => {
      const { hookUrl, token } = doors.doorOf('coder-1');
      const reply = await post(
        hookUrl.replace('coder-1', name),
        token,
        await hookOf('coder-1', 'Stop', { last_assistant_message: 'forged' }),
      );
      expect(reply.status).toBe(401);
      await unchanged();
    },
  );

  test.each(['PreToolUse', 'PermissionRequest'])(
    'by a %s that cannot be judged; it is denied',
    async (name) => {
      const { hookUrl, token } = doors.doorOf('coder-1');
      const whole = await hookOf('coder-1', name, { tool_name: 'Read', tool_input: { file_path: '/x' } });
      const replies = [
        await post(ofOtherRun(hookUrl), token, whole),
        await post(hookUrl, token, { ...whole, tool_name: 7 }),
        await post(hookUrl, token, { ...whole, tool_name: undefined }),
        await post(hookUrl, token, { ...whole, session_id: undefined }),
        await post(hookUrl, token, { hook_event_name: name }),
      ];
      for (const reply of replies) {
        expect(reply.status).toBe(200);
        expect(verdictOf(reply)).toMatchObject(
          name === 'PreToolUse' ? { permissionDecision: 'deny' } : { decision: { behavior: 'deny' } },
        );
      }
      await unchanged();
    },
  );

  test('by what another run of the program says', async () => {
    const { hookUrl, statusLineUrl, token } = doors.doorOf('coder-1');
    for (const name of ['UserPromptSubmit', 'Stop', 'StopFailure', 'SessionEnd']) {
      const late = await hookOf('coder-1', name, { prompt: 'late', last_assistant_message: 'late' });
      expect((await post(ofOtherRun(hookUrl), token, late)).body).toBe('{}');
    }
    const line = await post(ofOtherRun(statusLineUrl), token, { cost: { total_cost_usd: 9 } });
    expect([line.status, line.body]).toEqual([200, '']);
    await unchanged();
  });

  test.each([
    '',
    '{',
    '[]',
    'null',
    '5',
    '"Stop"',
    '{"hook_event_name":"Stop"}',
    '{"hook_event_name":{}}',
    '\u0000',
  ])('by %j', async (body) => {
    const { hookUrl, statusLineUrl, token } = doors.doorOf('coder-1');
    expect((await post(hookUrl, token, body)).status).toBeLessThan(500);
    expect((await post(statusLineUrl, token, body)).status).toBeLessThan(500);
    await unchanged();
  });

  test('by a body that no tool has', async () => {
    const { hookUrl, token } = doors.doorOf('coder-1');
    const stop = await hookOf('coder-1', 'Stop', { last_assistant_message: 'x'.repeat(11 * 1024 * 1024) });
    const reply = await post(hookUrl, token, stop);
    expect([reply.status, failureOf(reply).code]).toEqual([413, 'input_invalid']);
    await unchanged();
  });
});

test('a token ends with the program that it was made for', async () => {
  const old = doors.doorOf('coder-2');
  const notification = await hookOf('coder-2', 'Notification');
  expect((await post(old.hookUrl, old.token, notification)).status).toBe(200);
  await doors.client.kill({ slotId: 'coder-2' });
  expect((await post(old.hookUrl, old.token, notification)).status).toBe(401);
  await doors.client.ptySpawn({ slotId: 'coder-2' });
  const fresh = doors.doorOf('coder-2');
  expect((await post(fresh.hookUrl, old.token, notification)).status).toBe(401);
  expect((await post(fresh.hookUrl, fresh.token, await hookOf('coder-2', 'Notification'))).status).toBe(200);
});
