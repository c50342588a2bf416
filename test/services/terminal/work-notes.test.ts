import { describe, expect, it } from 'vitest';
import { readingOfRows } from './reading-of-rows.ts';

const RULE = '─'.repeat(70);
const BOX = [RULE, '❯ ', RULE];
const at = (bar: string) => ['  the status row', `  ⏸ manual mode on${bar}`];
const WORK = { title: '◐ Claude Code' };

describe('what stands around a turn', () => {
  it('a retry, with its attempt and its delay', async () => {
    const reading = await readingOfRows(
      ['❯ do it', '✻ 529 overloaded · retrying in 2s · attempt 3/10', ...BOX, ...at(' · esc to interrupt')],
      WORK,
    );
    expect(reading).toMatchObject({ level: 'thinking', retry: { inSeconds: 2, attempt: 3, attempts: 10 } });
  });

  it.each([
    [
      '2.1.329',
      ['❯ slow: 40', '', '❯ later words', '  ⎿  Queued · ctrl+x ctrl+s to send now', '', '· Imagining… (2s)'],
    ],
    [
      '2.0.60',
      ['> slow: 40', '', '✻ Testing it… (esc to interrupt)', '  ⎿  Next: Ship it', '', '  > later words'],
    ],
  ])('words that wait for the end of the turn (%s)', async (version, rows) => {
    const reading = await readingOfRows([...rows, '', ...BOX, ...at(' · esc to interrupt')], WORK);
    expect(reading.queued).toEqual(['later words']);
    expect(reading.todos).toEqual(version === '2.0.60' ? [{ text: 'Ship it', status: 'open' }] : undefined);
  });

  const LIST = [
    { text: 'Plan it', status: 'done' },
    { text: 'Write it', status: 'active' },
    { text: 'Test it', status: 'open' },
  ];

  it("the agent's list, below the spinner (2.1.150)", async () => {
    const reading = await readingOfRows(
      [
        ...['❯ do it', '', '● I will use a tool.', '', '✽ Writing it… (4s · ↓ 211 tokens)'],
        ...['  ⎿  ✔ Plan it', '     ◼ Write it', '     ◻ Test it', ''],
        ...[...BOX, ...at(' · esc to interrupt')],
      ],
      WORK,
    );
    expect(reading).toMatchObject({ todos: LIST });
  });

  it("the agent's list, at rest (2.1.30 and 2.1.150)", async () => {
    const reading = await readingOfRows([
      ...[
        '● Done.',
        '',
        '✻ Cooked for 5s',
        '',
        '  3 tasks (1 done, 1 in progress, 1 open) · ctrl+t to hide tasks',
      ],
      ...['  ✔ Plan it', '  ◼ Write it', '  ◻ Test it', ''],
      ...[...BOX, ...at('')],
    ]);
    expect(reading).toMatchObject({ level: 'idle', todos: LIST });
  });

  it('no list in an answer that looks like one', async () => {
    const { todos } = await readingOfRows([
      '● The plan:',
      '',
      '  ✔ Plan it',
      '  ◻ Test it',
      '',
      ...BOX,
      ...at(''),
    ]);
    expect(todos).toBeUndefined();
  });

  it('background work that is still alive', async () => {
    const reading = await readingOfRows(['● Done.', '', ...BOX, ...at(' · 1 shell · ↓ to manage')]);
    expect(reading).toMatchObject({ level: 'idle', backgroundTasks: 1 });
  });

  it('nothing, at rest', async () => {
    const { retry, queued, backgroundTasks, todos } = await readingOfRows(['● Done.', '', ...BOX, ...at('')]);
    expect([retry, queued, backgroundTasks, todos]).toEqual([undefined, undefined, undefined, undefined]);
  });
});

describe('the last tool on the screen', () => {
  it('with what it printed, and how much of it is hidden', async () => {
    const { toolOutput } = await readingOfRows([
      '● Bash(touch a b',
      '      touch c)',
      '  ⎿  line 1',
      '     line 2',
      '     … +5 lines (ctrl+o to expand)',
      '',
      '● The files are there.',
      '',
      ...BOX,
      ...at(''),
    ]);
    expect(toolOutput).toEqual({
      tool: 'Bash',
      argument: 'touch a b\ntouch c',
      output: 'line 1\nline 2',
      hiddenLines: 5,
    });
  });

  it('is none in an answer that only speaks of one', async () => {
    const { toolOutput } = await readingOfRows([
      '● I would call',
      '  Bash(ls)',
      '  ⎿  line 1',
      '',
      ...BOX,
      ...at(''),
    ]);
    expect(toolOutput).toBeUndefined();
  });
});
