import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createBus } from '../../actors/bus.ts';
import { createQuestions } from '../../actors/questions/questions.ts';
import { Epoch, SlotId } from '../../db/ids.ts';
import { openDatabase } from '../../db/open.ts';
import { createAuditLedger } from '../../services/ledger/audit-ledger.ts';
import { createPermissionLedger } from '../../services/ledger/permission-ledger.ts';
import type { DialogReading } from '../../services/terminal/reading.ts';

const slotId = SlotId.parse('coder-1');
const epoch = Epoch.parse('00000000-0000-4000-8000-000000000001');
const A_SECOND = 1_000;

function dialog(question: string, more: Partial<DialogReading> = {}): DialogReading {
  return {
    kind: 'question',
    question,
    options: ['Red', 'Blue'].map((label, index) => ({ number: index + 1, label, highlighted: index === 0 })),
    ...more,
  };
}

function setUp() {
  const database = openDatabase(':memory:');
  const told: string[] = [];
  const bus = createBus(0, () => {});
  bus.subscribe((event) => {
    if (event.type === 'question_asked') told.push(`asked ${event.question.question}`);
    if (event.type === 'question_closed') told.push(`closed ${event.question.question}: ${event.answer}`);
  });
  const audit = createAuditLedger(database.db);
  const questions = createQuestions({
    ledger: createPermissionLedger(database.db, audit, () => null),
    audit,
    bus,
    now: () => Date.now(),
    activeTask: () => undefined,
    redact: (_, text) => text,
    waitsFor: () => null,
    deny: async () => {},
    onError: (error) => told.push(String(error)),
    changed: () => {},
  });
  const see = (shown: DialogReading | undefined) => questions.see(slotId, epoch, shown);
  const end = () => {
    questions.dispose();
    database.close();
  };
  return { questions, told, see, end };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a dialog on the screen', () => {
  it('is asked when it stands, and closed when it stays away', () => {
    const { see, told, end } = setUp();
    see(dialog('Which colour?'));
    vi.advanceTimersByTime(A_SECOND);
    see(undefined);
    vi.advanceTimersByTime(A_SECOND);
    expect(told).toEqual(['asked Which colour?', 'closed Which colour?: answered at the terminal']);
    end();
  });

  it('is not closed by a frame that shows none, nor by a window that wraps it in another way', () => {
    const { see, told, end } = setUp();
    see(dialog('Which colour?', { argument: 'one long line' }));
    vi.advanceTimersByTime(A_SECOND);
    see(undefined);
    vi.advanceTimersByTime(100);
    see(dialog('Which colour?', { argument: 'one long\nline' }));
    vi.advanceTimersByTime(A_SECOND);
    expect(told).toEqual(['asked Which colour?']);
    end();
  });

  it('that is followed by another one by hand: both are asked', () => {
    const { see, told, end } = setUp();
    see(dialog('Which colour?'));
    vi.advanceTimersByTime(A_SECOND);
    see(dialog('Which size?'));
    vi.advanceTimersByTime(A_SECOND);
    expect(told).toEqual([
      'asked Which colour?',
      'closed Which colour?: answered at the terminal',
      'asked Which size?',
    ]);
    end();
  });
});

describe('an answer by keys', () => {
  it('asks the next page of a question, whose page came while the keys were pressed', async () => {
    const { questions, see, told, end } = setUp();
    see(dialog('Which colour?'));
    vi.advanceTimersByTime(A_SECOND);
    await questions.answerByKeys(slotId, { label: 'Red', answeredBy: 'mcp' }, async () => {
      see(undefined);
      see(dialog('Which size?'));
    });
    expect(told).toEqual(['asked Which colour?', 'closed Which colour?: Red', 'asked Which size?']);
    expect(questions.of(slotId)?.question).toBe('Which size?');
    end();
  });

  it('that could not be pressed leaves the question open', async () => {
    const { questions, see, end } = setUp();
    see(dialog('Which colour?'));
    vi.advanceTimersByTime(A_SECOND);
    const refused = questions.answerByKeys(slotId, { label: 'Red', answeredBy: 'mcp' }, () =>
      Promise.reject(new Error('the dialog changed')),
    );
    await expect(refused).rejects.toThrow('changed');
    expect(questions.of(slotId)?.question).toBe('Which colour?');
    end();
  });

  it('closes the question that was answered and not the one that came after it', async () => {
    const { questions, see, end } = setUp();
    see(dialog('May Bash run?', { kind: 'permission' }));
    vi.advanceTimersByTime(A_SECOND);
    const never = new AbortController().signal;
    await questions.answerByKeys(slotId, { label: 'Yes', answeredBy: 'mcp' }, async () => {
      questions.drop(slotId, 'the first is over');
      questions
        .askByHook(
          {
            slotId,
            epoch,
            tool: 'Bash',
            argument: 'touch b',
            called: 'touch b',
            manner: '',
            rule: 'no rule',
            personOnly: false,
          },
          never,
        )
        .catch(() => {});
    });
    expect(questions.of(slotId)).toMatchObject({ tool: 'Bash', argument: 'touch b' });
    expect(questions.hookWaits(slotId)).toBe(true);
    end();
  });
});
