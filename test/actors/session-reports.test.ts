import { expect, test } from 'vitest';
import { createBus } from '../../actors/bus.ts';
import { SessionEventView } from '../../actors/mission/views.ts';
import { createSessionReports } from '../../actors/session-reports.ts';
import { SlotId } from '../../db/ids.ts';
import { parseHookBody } from '../../services/claude/hook-body.ts';
import { startSession } from '../machines/session-bench.ts';

const SLOT = SlotId.parse('coder-1');

function reporting() {
  const events: SessionEventView[] = [];
  const bus = createBus(0, (error) => {
    throw error;
  });
  bus.subscribe((event) => events.push(SessionEventView.parse(event)));
  const reports = createSessionReports({
    core: { bus, now: () => 7 },
    redact: (_, text) => text.replaceAll('hunter2', '[secret]'),
  });
  const hear = (body: Readonly<Record<string, unknown>>): void => {
    const hook = parseHookBody({ session_id: 's', ...body });
    if (hook !== null) reports.hookHeard(SLOT, hook);
  };
  return { events, reports, hear };
}

test('a state and a status are told once, when they change', () => {
  const { events, reports } = reporting();
  const session = startSession();
  const moved = (): void => reports.sessionMoved(SLOT, session.actor.getSnapshot());
  session.ready();
  moved();
  moved();
  session.send({ type: 'hook.promptSubmitted' });
  moved();
  session.shows('thinking', { activity: 'Brewing…' });
  moved();
  session.shows('thinking', { activity: 'Brewing…', title: 'another' });
  moved();
  expect(events.map(({ type }) => type)).toEqual([
    'state_changed',
    'status_updated',
    'state_changed',
    'status_updated',
  ]);
  expect(events[2]).toMatchObject({ state: 'thinking', previousState: 'idle', rule: 'hook.promptSubmitted' });
  expect(events[3]).toMatchObject({ statusText: 'Brewing…', health: 'ok' });
});

const BASH = { tool_name: 'Bash', tool_input: {}, tool_use_id: 't' };

test.each([
  ['words', 'it says hunter2', 'it says [secret]', false],
  ['a shell', { stdout: 'out', stderr: 'err' }, 'out\nerr', false],
  ['a shape of its own', { filePath: 'a.txt' }, '{"filePath":"a.txt"}', false],
])('what a tool said is told: %s', (_, response, output, failed) => {
  const { events, hear } = reporting();
  hear({ hook_event_name: 'PostToolUse', ...BASH, tool_response: response });
  expect(events).toEqual([
    { type: 'tool_output', sequence: 1, at: 7, slotId: SLOT, tool: 'Bash', toolUseId: 't', output, failed },
  ]);
});

test('a tool that failed, and a whole answer', () => {
  const { events, hear, reports } = reporting();
  hear({ hook_event_name: 'PostToolUseFailure', ...BASH, error: 'no such file' });
  hear({ hook_event_name: 'MessageDisplay', delta: 'a piece' });
  reports.turnEnded(SLOT, null, 'the whole answer, hunter2');
  expect(events).toMatchObject([
    { type: 'tool_output', output: 'no such file', failed: true },
    { type: 'text_complete', text: 'the whole answer, [secret]' },
  ]);
});
