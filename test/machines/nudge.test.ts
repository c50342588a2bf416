import { expect, test } from 'vitest';
import { type SnapshotFrom, transition } from 'xstate';
import { type NudgeEvent, nudgeMachine } from '../../machines/nudge.ts';

const MINUTE = 60_000;
const AFTER = 10 * MINUTE;
const start = (): SnapshotFrom<typeof nudgeMachine> =>
  nudgeMachine.resolveState({ value: 'quiet', context: { work: null, nudges: 0, idleSince: null } });

/** An agent that rests beside work from 0 on and does nothing: the minutes in which it is reminded. */
function nudgedAt(minutes: number, between: (minute: number) => readonly NudgeEvent[] = () => []): number[] {
  const at: number[] = [];
  let state = start();
  const send = (event: NudgeEvent): void => {
    [state] = transition(nudgeMachine, state, event);
  };
  for (let minute = 0; minute <= minutes; minute += 1) {
    for (const event of between(minute)) send(event);
    send({ type: 'agent.looked', at: minute * MINUTE, work: 'card', isIdle: true, afterMs: AFTER });
    if (state.value !== 'due') continue;
    at.push(minute);
    send({ type: 'agent.nudged' });
  }
  return at;
}

test('with each nudge the pause doubles, and after six it is left alone', () => {
  // A minute goes by before the next look sees that it rests again.
  expect(nudgedAt(5_000)).toEqual([10, 31, 72, 153, 314, 635]);
});

test('what it does beside begins the pauses anew', () => {
  expect(nudgedAt(100, (minute) => (minute === 40 ? [{ type: 'agent.moved' }] : []))).toEqual([
    10, 31, 50, 71,
  ]);
});

test('without work, and while it works, never', () => {
  let state = start();
  for (let minute = 0; minute < 1_000; minute += 1) {
    const isIdle = minute % 9 !== 0;
    [state] = transition(nudgeMachine, state, {
      type: 'agent.looked',
      at: minute * MINUTE,
      work: isIdle && minute % 20 < 9 ? 'card' : minute % 9 === 0 ? 'card' : null,
      isIdle,
      afterMs: AFTER,
    });
    expect(state.value).not.toBe('due');
  }
});

test('other work is begun to be counted anew; a clock that is set back keeps nothing for ever', () => {
  let state = start();
  const look = (minute: number, work: string): string => {
    [state] = transition(nudgeMachine, state, {
      type: 'agent.looked',
      at: minute * MINUTE,
      work,
      isIdle: true,
      afterMs: AFTER,
    });
    return state.value;
  };
  look(1_000, 'a');
  expect(look(1_005, 'b')).toBe('waiting');
  expect(look(1_011, 'b')).toBe('waiting');
  expect(look(500, 'b')).toBe('waiting');
  expect(look(509, 'b')).toBe('waiting');
  expect(look(510, 'b')).toBe('due');
});
