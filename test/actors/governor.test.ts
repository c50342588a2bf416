import { afterEach, beforeEach, expect, it } from 'vitest';
import { createGovernor, type GovernedSlot } from '../../actors/governor/governor.ts';
import { Role, SlotId, TaskId } from '../../db/ids.ts';
import { type OpenDatabase, openDatabase } from '../../db/open.ts';
import { NO_TOKENS } from '../../services/claude/transcript-usage.ts';
import { BudgetsSchema } from '../../services/config/budgets.ts';
import { createSpendingLedger } from '../../services/ledger/spending-ledger.ts';

const NOON = new Date(2026, 5, 15, 12).getTime();
const MINUTE = 60_000;
const account = '/home/person/.claude';
const slotIn = (id: string, role: string): GovernedSlot => ({
  slotId: SlotId.parse(id),
  role: Role.parse(role),
  account,
});
const FIRST = slotIn('coder-1', 'coder');
const SECOND = slotIn('coder-2', 'coder');
const WRITER = slotIn('writer-1', 'writer');
const taskNumber = (n: number) => TaskId.parse(`00000000-0000-4000-8000-00000000000${n}`);

let database: OpenDatabase;
beforeEach(() => {
  database = openDatabase(':memory:');
});
afterEach(() => database.close());

function govern(budgets: Parameters<typeof BudgetsSchema.parse>[0]) {
  const ledger = createSpendingLedger(database.db);
  const stopped: TaskId[] = [];
  const told: string[] = [];
  const governor = createGovernor({
    budgets: BudgetsSchema.parse(budgets),
    ledger,
    now: () => NOON,
    slots: () => [FIRST, SECOND, WRITER],
    capOf: () => undefined,
    tasksOf: () => [
      [FIRST.slotId, taskNumber(1)],
      [SECOND.slotId, taskNumber(2)],
      [WRITER.slotId, taskNumber(3)],
    ],
    stop: (taskId) => stopped.push(taskId),
    tell: (words) => told.push(words),
    dispatchSoon: () => {},
    writeLater: (write) => write(),
  });
  function spend({ slotId, role }: GovernedSlot, usd: number): void {
    ledger.add({ day: '2026-06-15', slotId, role, taskId: null }, { usd, tokens: NO_TOKENS });
    governor.spent(slotId, null);
  }
  return { governor, stopped, told, spend };
}

it('what a role has spent stops what runs in its slots, and in no other, where that is wanted', () => {
  const { governor, stopped, told, spend } = govern({ roles: { coder: { usd: 2 } }, whenSpent: 'stop' });
  spend(FIRST, 1);
  spend(WRITER, 5);
  expect(stopped).toEqual([]);
  spend(SECOND, 1);
  expect(stopped).toEqual([taskNumber(1), taskNumber(2)]);
  expect(told).toEqual([
    'The role coder has spent the budget of the day ($2.00 of $2.00). What runs is stopped.',
  ]);
  expect(governor.pauseOf(FIRST.slotId)).not.toBeNull();
  expect(governor.pauseOf(WRITER.slotId)).toBeNull();
});

it('a warning is said once, and lifting one pause lifts no other', () => {
  const { governor, told, spend } = govern({ slot: { usd: 10 }, day: { usd: 20 }, warnAtPercent: 50 });
  spend(FIRST, 5);
  spend(FIRST, 1);
  expect(told).toEqual(['Slot coder-1 has spent $5.00 of $10.00 today.']);
  spend(FIRST, 6);
  expect(governor.lift(FIRST.slotId)).toBe(true);
  expect(governor.pauseOf(FIRST.slotId)).toBeNull();
  spend(SECOND, 8);
  expect(governor.pauseOf(FIRST.slotId)?.why).toContain('All slots together');
});

it('slots of one account begin one after another when its window resets, or wait for a person', () => {
  const window = { account, name: 'seven_day', usedPercent: 99, resetsAt: NOON + MINUTE };
  const { governor } = govern({});
  governor.windowTold(window);
  const untils = [FIRST, SECOND, WRITER].map(({ slotId }) => governor.pauseOf(slotId)?.until ?? 0);
  expect(untils).toEqual([...new Set(untils)].sort((a, b) => a - b));
  expect(Math.min(...untils)).toBeGreaterThan(window.resetsAt);
  const patient = govern({ resumeWhenWindowResets: false });
  expect(patient.governor.pauseOf(FIRST.slotId)).toMatchObject({ until: null });
});
