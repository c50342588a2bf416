import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Epoch, QuestionId, Role, SlotId, TaskId } from '../../db/ids.ts';
import { openDatabase } from '../../db/open.ts';
import { audit } from '../../db/schema/permissions.ts';
import { createAuditLedger } from '../../services/ledger/audit-ledger.ts';
import { createPermissionLedger } from '../../services/ledger/permission-ledger.ts';
import { runCli } from './cli/run-cli.ts';
import { type OpenDoors, openDoors } from './open-doors.ts';

const slotId = SlotId.parse('coder-1');
const role = Role.parse('coder');
const epoch = Epoch.parse('00000000-0000-4000-8000-000000000001');
const taskId = TaskId.parse('00000000-0000-4000-8000-00000000000a');
const questionId = QuestionId.parse('00000000-0000-4000-8000-0000000000ff');

let doors: OpenDoors;
beforeAll(async () => {
  doors = await openDoors({
    seed(db) {
      const ledger = createAuditLedger(db);
      for (const [index, decision] of (['allow', 'allow', 'deny', 'confirm'] as const).entries())
        ledger.add({
          at: 1_000 + index,
          kind: 'decision',
          slotId,
          role,
          epoch,
          taskId: index === 0 ? taskId : null,
          tool: 'Bash',
          argument: `command ${index}`,
          decision,
          rule: `default.${decision} Bash`,
        });
      const questions = createPermissionLedger(db, ledger, () => role);
      questions.ask({
        id: questionId,
        slotId,
        epoch,
        taskId: null,
        kind: 'permission',
        tool: 'Bash',
        argument: 'command 3',
        question: 'May coder-1 use Bash?',
        options: ['Yes', 'No'],
        askedAt: 1_010,
        expiresAt: null,
        personOnly: true,
        rule: 'default.confirm Bash',
        identity: null,
        context: null,
        urgency: null,
        outcome: null,
        closedAt: null,
        answer: null,
        answeredBy: null,
      });
      questions.close(questionId, { outcome: null, answer: 'No', answeredBy: 'cli', closedAt: 1_020 });
      questions.close(questionId, { outcome: null, answer: 'Yes', answeredBy: 'mcp:late', closedAt: 1_030 });
    },
  });
});
afterAll(async () => {
  expect(doors.errors()).toEqual([]);
  await doors.close();
});

test('entries come newest first, in pages, by what they are about', async () => {
  const first = await doors.client.auditTrace({ slotId, limit: 4 });
  expect(first.entries.map(({ kind, answer, argument }) => answer ?? `${kind} ${argument}`)).toEqual([
    'No',
    'question command 3',
    'decision command 3',
    'decision command 2',
  ]);
  const rest = await doors.client.auditTrace({ slotId, before: first.next });
  expect(rest.entries.map(({ argument }) => argument)).toEqual(['command 1', 'command 0']);
  expect(rest.next).toBeUndefined();
  const denied = await doors.client.auditTrace({ decision: 'deny' });
  expect(denied.entries).toMatchObject([{ tool: 'Bash', rule: 'default.deny Bash', role: 'coder' }]);
  expect(
    (await doors.client.auditTrace({ since: 1_002, until: 1_004, kind: 'decision' })).entries,
  ).toHaveLength(2);
  expect((await doors.client.auditTrace({ slotId: SlotId.parse('coder-2') })).entries).toEqual([]);
});

test('one entry comes with all that belongs to its question; the first answer is the only one', async () => {
  const [answer] = (await doors.client.auditTrace({ kind: 'answer' })).entries;
  const { entry, related } = await doors.client.auditDetail({ id: answer?.id ?? 0 });
  expect(entry).toMatchObject({ answer: 'No', by: 'cli', at: 1_020, questionId, personOnly: true });
  expect(related).toMatchObject([{ kind: 'question', rule: 'default.confirm Bash' }]);
  await expect(doors.client.auditDetail({ id: 9_999 })).rejects.toMatchObject({ code: 'input_invalid' });
});

test('they are counted by decision, role, tool, rule and day', async () => {
  expect(await doors.client.auditStats({})).toMatchObject({
    decisions: expect.arrayContaining([
      { name: 'allow', count: 2 },
      { name: 'deny', count: 1 },
      { name: 'confirm', count: 1 },
    ]),
    roles: [{ name: 'coder', count: 4 }],
    tools: [{ name: 'Bash', count: 4 }],
    answers: [{ name: 'No', count: 1 }],
    answeredBy: [{ name: 'cli', count: 1 }],
    days: [{ count: 4 }],
  });
});

test('who changes the rules and who ends a slot is written down, with before and after', async () => {
  await doors.client.permissionAddAutoAllow({ pattern: 'Bash(npm test*)', role });
  await doors.client.kill({ slotId });
  const [kill, change] = (await doors.client.auditTrace({ limit: 2 })).entries;
  expect(kill).toMatchObject({ kind: 'kill', by: 'rest', slotId });
  expect(change).toMatchObject({ kind: 'rules', by: 'rest' });
  expect(change?.change).toMatchObject({
    before: { roles: {} },
    after: { roles: { coder: { allow: ['Bash(npm test*)'] } } },
  });
});

test('a command line in the session of a slot is not taken for a person', async () => {
  const home = ['--home', path.dirname(doors.socketFile)];
  const add = (pattern: string) => [
    'call',
    'mission_permission_add_auto_allow',
    JSON.stringify({ pattern, role }),
    ...home,
  ];
  await runCli(add('Bash(make a)'));
  await runCli(add('Bash(make b)'), { MISSIOND_SLOT_ID: slotId });
  const { entries } = await doors.client.auditTrace({ kind: 'rules', limit: 2 });
  expect(entries.map(({ by }) => by)).toEqual(['rest', 'cli']);
});

test('no statement changes or removes an entry', () => {
  const database = openDatabase(':memory:');
  const ledger = createAuditLedger(database.db);
  ledger.add({ at: 1, kind: 'kill', by: 'cli', slotId });
  for (const statement of [
    "update audit set by = 'nobody'",
    'delete from audit',
    "insert or replace into audit (id, at, kind) values (1, 2, 'rules')",
    "insert into audit (id, at, kind) values (1, 2, 'rules') on conflict do update set by = 'nobody'",
  ])
    expect(() => database.raw.exec(statement), statement).toThrow('append-only');
  expect(database.db.select().from(audit).all()).toMatchObject([{ id: 1, at: 1, by: 'cli' }]);
  database.close();
});
