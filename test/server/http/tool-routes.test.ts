import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { Role } from '../../../db/ids.ts';
import { operations } from '../../../server/tools/registry.ts';
import { failureOf, type OpenDoors, openDoors } from '../open-doors.ts';
import type { RawReply, RawRequest } from '../raw-request.ts';

let doors: OpenDoors;
beforeAll(async () => {
  doors = await openDoors();
});
afterAll(async () => {
  expect(doors.errors()).toEqual([]);
  await doors.close();
});

const JSON_TYPE = { 'content-type': 'application/json' };
const ask = ({ headers, ...request }: RawRequest): Promise<RawReply> =>
  doors.tcp({ ...request, headers: { ...doors.owner, ...headers } });
const post = (path: string, body: string, headers = JSON_TYPE): Promise<RawReply> =>
  ask({ path, method: 'POST', headers, body });
const tool = (name: string, input: unknown): Promise<RawReply> =>
  post(`/api/tools/${name}`, JSON.stringify(input));

test('to be notified wants a connection that stays', async () => {
  const reply = await tool('mission_submit', { role: 'coder', prompt: 'x', notify: true });
  expect(failureOf(reply)).toMatchObject({ code: 'input_invalid', remedy: expect.stringContaining('hooks') });
  expect((await doors.client.tasks({})).tasks).toEqual([]);
});

describe('the OpenAPI document', () => {
  const Schema = z.looseObject({ content: z.object({ 'application/json': z.object({ schema: z.json() }) }) });
  const Document = z.object({
    paths: z.record(
      z.string(),
      z.object({
        post: z.object({
          operationId: z.string(),
          summary: z.string().min(5),
          description: z.string().min(20),
          requestBody: Schema,
          responses: z.object({ 200: Schema, '4XX': Schema, '5XX': Schema }),
        }),
      }),
    ),
  });
  const read = async (): Promise<Record<string, unknown>> =>
    z.record(z.string(), z.unknown()).parse(JSON.parse((await ask({ path: '/openapi.json' })).body));

  test('is valid', async () => {
    expect(await new Validator().validate(await read())).toEqual({ valid: true });
  });

  test('describes every tool, what it takes, what it answers and how it fails', async () => {
    const { paths } = Document.parse(await read());
    expect(
      Object.entries(paths).map(
        ([
          path,
          {
            post: { operationId },
          },
        ]) => [path, operationId],
      ),
    ).toEqual(operations.map(({ name }) => [`/api/tools/${name}`, name]));
    for (const { name, input } of operations) {
      const taken = paths[`/api/tools/${name}`]?.post.requestBody.content['application/json'].schema;
      expect(taken).toMatchObject({ type: 'object' });
      const { properties } = z.looseObject({ properties: z.record(z.string(), z.json()) }).parse(taken);
      expect([name, Object.keys(properties)]).toEqual([name, Object.keys(input.shape)]);
    }
  });
});

describe('tools over REST', () => {
  test('that only look answer what their schema says', async () => {
    const { id } = await doors.client.boardCreate({ title: 'looked at' });
    await doors.client.permissionAddAutoAllow({ pattern: 'Grep', role: Role.parse('coder') });
    await doors.client.kbRemember({ category: 'memory', key: 'looked at', summary: 'once' });
    const { entries } = await doors.client.auditTrace({ limit: 1 });
    const inputs: Readonly<Record<string, unknown>> = {
      mission_audit_detail: { id: entries[0]?.id },
      mission_board_get: { id },
      mission_conversation_search: { query: 'nothing' },
      mission_kb_get: { key: 'looked at' },
      mission_kb_history: { key: 'looked at' },
      mission_permission_explain: { call: 'Bash(ls)', role: 'coder' },
      mission_pty_history: { slotId: 'coder-1' },
      mission_pty_logs: { slotId: 'coder-1' },
      mission_router_chat_history: { task_id: id },
      mission_context_build: { query: 'nothing' },
      mission_context_resolve: { query: 'nothing' },
      mission_skill_search: { query: 'nothing' },
    };
    const { taskId } = await doors.client.submit({ role: 'researcher', prompt: 'say: looked at' });
    // They need a terminal, a transcript, a repository, an agent, a machine: test/server/mcp, test/e2e/screenshots.test.ts, repositories.test.ts, infra.test.ts, and the tests of agents have them.
    const elsewhere = [
      'mission_pty_screen',
      'mission_pty_screenshot',
      'mission_conversation_get',
      'mission_agent_trajectory',
      'mission_repo_get',
      'mission_worker_get',
      'mission_worker_diff',
      'mission_whoami',
      'mission_role_get',
      'mission_overlap_list',
      'mission_question_get',
      'mission_rescue_list',
      'mission_rescue_show',
      'mission_infra_get',
    ];
    for (const { name, output } of operations.filter(
      ({ readOnly, name: of }) => readOnly && !elsewhere.includes(of),
    )) {
      const reply = await tool(
        name,
        inputs[name] ?? (name === 'mission_status' || name === 'mission_task_track' ? { taskId } : {}),
      );
      expect([name, reply.status]).toEqual([name, 200]);
      expect(output.safeParse(JSON.parse(reply.body)).error).toBeUndefined();
    }
  });

  test('tasks have addresses that read well', async () => {
    const submitted = await post(
      '/api/tasks',
      JSON.stringify({ role: 'researcher', prompt: 'say: over REST' }),
    );
    expect(submitted.status).toBe(200);
    const { taskId } = z.looseObject({ taskId: z.string() }).parse(JSON.parse(submitted.body));
    const byAddress = async (path: string): Promise<unknown> => JSON.parse((await ask({ path })).body);
    expect(await byAddress(`/api/tasks/${taskId}`)).toMatchObject({ id: taskId, prompt: 'say: over REST' });
    expect(await byAddress('/api/tasks?limit=1')).toMatchObject({ tasks: [{ id: taskId }] });
    const cancelled = await ask({ path: `/api/tasks/${taskId}/cancel`, method: 'POST' });
    expect(JSON.parse(cancelled.body)).toMatchObject({ cancelled: true });
    expect(await byAddress('/api/tasks?status=cancelled')).toMatchObject({ tasks: [{ id: taskId }] });
    expect(await byAddress('/api/slots/coder-2')).toMatchObject({ slotId: 'coder-2', role: 'coder' });
    expect(await byAddress('/api/questions')).toEqual({ questions: [] });
  });
});

describe('what is wrong is answered with a status, a code, a sentence', () => {
  const submit = '/api/tools/mission_submit';
  test.each<[string, () => Promise<RawReply>, number, string, RegExp]>([
    ['an unknown tool', () => tool('mission_nothing', {}), 404, 'input_invalid', /mission_nothing/],
    ['an unknown address', () => ask({ path: '/nothing' }), 404, 'input_invalid', /GET \/nothing/],
    [
      'another method',
      () => ask({ path: submit }),
      404,
      'input_invalid',
      /There is no GET \/api\/tools\/mission_submit/,
    ],
    [
      'a method that reads like a change',
      () => ask({ path: submit, method: 'DELETE' }),
      404,
      'input_invalid',
      /DELETE/,
    ],
    ['an address that is not encoded', () => ask({ path: '/api/slots/%zz' }), 400, 'input_invalid', /%zz/],
    ['a WebSocket that is only read', () => ask({ path: '/tasks' }), 400, 'input_invalid', /is a WebSocket/],
    [
      'an unknown slot',
      () => tool('mission_submit', { slotId: 'ghost', prompt: 'x' }),
      404,
      'slot_unknown',
      /ghost/,
    ],
    [
      'an unknown role',
      () => tool('mission_submit', { role: 'ghost', prompt: 'x' }),
      404,
      'role_unknown',
      /ghost/,
    ],
    ['an unknown task', () => tool('mission_status', { taskId: 'abcdef' }), 404, 'task_unknown', /abcdef/],
    ['a pattern for a task', () => tool('mission_cancel', { taskId: '%%%%' }), 404, 'task_unknown', /%%%%/],
    ['a slot that is a path', () => ask({ path: '/api/slots/%2e%2e%2fetc' }), 404, 'slot_unknown', /etc/],
    [
      'a session that does not run',
      () => tool('mission_pty_screen', { slotId: 'coder-1' }),
      409,
      'slot_not_running',
      /coder-1/,
    ],
    [
      'a missing argument',
      () => tool('mission_submit', { role: 'coder' }),
      400,
      'input_invalid',
      /: prompt: /,
    ],
    [
      'an argument of another type',
      () => tool('mission_submit', { prompt: 5 }),
      400,
      'input_invalid',
      /: prompt: /,
    ],
    [
      'an argument deep inside',
      () => tool('mission_inbox', { ids: [1, 'two'] }),
      400,
      'input_invalid',
      /: ids\[1\]: /,
    ],
    ['a query of another type', () => ask({ path: '/api/tasks?limit=x' }), 400, 'input_invalid', /: limit: /],
    ['a query given twice', () => ask({ path: '/api/tasks?limit=1&limit=2' }), 400, 'input_invalid', /limit/],
    ['half a JSON', () => post(submit, '{"role":'), 400, 'input_invalid', /JSON/],
    ['no JSON at all', () => post(submit, ''), 400, 'input_invalid', /empty/],
    ['a list instead of an object', () => post(submit, '[]'), 400, 'input_invalid', /object/],
    ['a word instead of an object', () => post(submit, '"x"'), 400, 'input_invalid', /object/],
    [
      'a name that poisons prototypes',
      () => post(submit, '{"__proto__":{"x":1}}'),
      400,
      'input_invalid',
      /JSON/,
    ],
    [
      'a form',
      () => post(submit, 'role=coder', { 'content-type': 'application/x-www-form-urlencoded' }),
      415,
      'input_invalid',
      /Media/,
    ],
    [
      'text that a page may send unasked',
      () => post(submit, '{"role":"coder","prompt":"x"}', { 'content-type': 'text/plain' }),
      415,
      'input_invalid',
      /Media/,
    ],
  ])('%s', async (_, call, status, code, sentence) => {
    const before = (await doors.client.tasks({ limit: 500 })).tasks.length;
    const reply = await call();
    const failure = failureOf(reply);
    expect({ status: reply.status, code: failure.code }).toEqual({ status, code });
    expect(failure.message).toMatch(sentence);
    expect((await doors.client.tasks({ limit: 500 })).tasks).toHaveLength(before);
  });

  test('a body that announces more than any prompt is refused before a byte of it is read', async () => {
    const reply = await ask({
      path: submit,
      method: 'POST',
      headers: { ...JSON_TYPE, 'content-length': String(9 * 1024 * 1024) },
    });
    expect([reply.status, failureOf(reply).code]).toEqual([413, 'input_invalid']);
  });

  test('a body that never said how much it is, too', async () => {
    const reply = await ask({
      path: submit,
      method: 'POST',
      headers: { ...JSON_TYPE, 'transfer-encoding': 'chunked' },
      body: Buffer.alloc(9 * 1024 * 1024, ' '),
    });
    expect([reply.status, failureOf(reply).code]).toEqual([413, 'input_invalid']);
  });
});

test.each([
  ['a priority beyond the scale', { priority: 101 }],
  ['too many retries', { retries: 11 }],
  ['a moment without a time zone', { notBefore: '2026-06-15T12:00:00' }],
  ['a check by nobody', { verify: {} }],
  ['a worktree that is none', { worktree: { brunch: 'x' } }],
])('%s is refused at the door, with the field', async (_, options) => {
  const reply = await tool('mission_submit', { role: 'coder', prompt: 'work', ...options });
  expect(reply.status).toBe(400);
  const { code, message } = failureOf(reply);
  expect(code).toBe('input_invalid');
  expect(message).toContain(Object.keys(options)[0]);
});
