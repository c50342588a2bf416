import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Turns } from '../../actors/turns.ts';
import { epoch, slotId } from './delivering-task.ts';
import { createTurnsWorld, PROMPT, type TurnsWorld } from './turns-world.ts';

const OURS = { promptId: '11111111-0000-4000-8000-000000000001' };
const THEIRS = { promptId: '11111111-0000-4000-8000-000000000002' };
const OURS_ASKED = { promptId: '11111111-0000-4000-8000-000000000003' };
/** Before 2.1.329 no hook names the prompt. */
const UNNAMED = {};

let world: TurnsWorld;
let turns: Turns;
beforeEach(() => {
  world = createTurnsWorld();
  turns = world.startDaemon();
});
afterEach(() => {
  turns.dispose();
  world.close();
});

function heard(prompt: string, id: { promptId?: string }): void {
  world.write('prompt', prompt);
  turns.promptHeard(slotId, epoch, { prompt, ...id });
}

function stopSaid(words: string | null, id: { promptId?: string }): void {
  turns.turnEnded(slotId, epoch, { lastAssistantMessage: words, ...id });
}

/** Stop came, and then the session rests. */
function stopped(words: string | null, id: { promptId?: string }): void {
  stopSaid(words, id);
  world.state.resting = true;
  turns.restingSeen(slotId, epoch);
}

function failed(words: string, id: { promptId?: string }): void {
  turns.turnFailed(slotId, epoch, { error: 'unknown', lastAssistantMessage: words, ...id });
}

function outcome(): Promise<string> {
  return vi.waitUntil(() => world.outcome(), { timeout: 20_000 });
}

describe.each([
  ['with prompt ids', OURS, THEIRS],
  ['without prompt ids', UNNAMED, UNNAMED],
])('whose Stop ends a task, %s', (_, ours, theirs) => {
  it('its own, with the words that it carries', async () => {
    heard(PROMPT, ours);
    stopped('fixed', ours);
    expect(await outcome()).toBe('answered: fixed');
  });

  it('not that of a person who interrupted it and went on with words of their own', async () => {
    heard(PROMPT, ours);
    world.write('interruption');
    heard('what is 2+2?', theirs);
    world.write('answer', '4');
    stopped('4', theirs);
    expect(await outcome()).toMatch(/^turn_interrupted/);
  });

  it('not that of a person, also when the record of the interruption comes late', async () => {
    heard(PROMPT, ours);
    turns.promptHeard(slotId, epoch, { prompt: 'what is 2+2?', ...theirs });
    stopped('4', theirs);
    world.write('interruption');
    world.write('prompt', 'what is 2+2?');
    world.write('answer', '4');
    expect(await outcome()).toMatch(/^turn_interrupted/);
  });

  it('its own words are found when its Stop was lost and a person has gone on', async () => {
    heard(PROMPT, ours);
    world.write('answer', 'fixed');
    heard('thank you', theirs);
    stopped('you are welcome', theirs);
    expect(await outcome()).toBe('answered: fixed');
  });

  it('its own, when a person added to it while it went on', async () => {
    heard(PROMPT, ours);
    // What is added in mid-turn is no prompt of the transcript, and carries the id of the turn.
    turns.promptHeard(slotId, epoch, { prompt: 'and the tests', ...ours });
    world.write('answer', 'fixed, tests too');
    stopped('fixed, tests too', ours);
    expect(await outcome()).toBe('answered: fixed, tests too');
  });

  it('its own, when the daemon was started again meanwhile', async () => {
    heard(PROMPT, ours);
    turns.dispose();
    turns = world.startDaemon();
    world.write('answer', 'fixed');
    stopped('fixed', ours);
    expect(await outcome()).toBe('answered: fixed');
  });
});

describe('a Stop is not the end while the session works', () => {
  it('a Stop hook of the person sends Claude Code back: the last words are the answer', async () => {
    heard(PROMPT, OURS);
    stopSaid('half', OURS);
    expect(world.outcome()).toBeUndefined();
    stopped('whole', OURS);
    expect(await outcome()).toBe('answered: whole');
  });

  it('Esc, after it was sent back: interrupted', async () => {
    heard(PROMPT, OURS);
    stopSaid('half', OURS);
    turns.goingOn(slotId);
    world.write('interruption');
    world.state.resting = true;
    turns.restingSeen(slotId, epoch);
    expect(await outcome()).toMatch(/^turn_interrupted/);
  });

  it.each([
    ['the next prompt begins before any rest was seen', () => heard('what is 2+2?', THEIRS)],
    ['the program ends before any rest was seen', () => turns.sessionEnded(slotId, epoch, 'status 0')],
  ])('%s: they were the last words', async (_, next) => {
    heard(PROMPT, OURS);
    stopSaid('fixed', OURS);
    next();
    expect(await outcome()).toBe('answered: fixed');
  });
});

describe.each(['queued', 'refused'] as const)(
  'a question that was not typed (%s) behind the prompt',
  (status) => {
    const asks = () => world.startDelivery({ expected: 'what blocks you?', status });

    it('the task stays begun', async () => {
      heard(PROMPT, OURS);
      asks();
      expect(await turns.wasBegun(world.task(), epoch)).toBe(true);
    });

    it('a prompt that was typed and is nowhere to be found was not begun', async () => {
      asks();
      expect(await turns.wasBegun(world.task(), epoch)).toBe(false);
    });

    it('after a restart of the daemon the Stop of the prompt is its end', async () => {
      heard(PROMPT, OURS);
      asks();
      turns.dispose();
      turns = world.startDaemon();
      stopped('fixed', OURS);
      expect(await outcome()).toBe('answered: fixed');
    });

    it('its answer is found where the Stop speaks of the note that it was sent', async () => {
      heard(PROMPT, OURS);
      asks();
      turns.promptHeard(slotId, epoch, { prompt: 'A note of missiond', ...THEIRS });
      world.write('answer', 'fixed');
      stopped('fixed', THEIRS);
      expect(await outcome()).toBe('answered: fixed');
    });
  },
);

it('a turn that was interrupted to ask is not the end of the task while the question waits to be typed', async () => {
  heard(PROMPT, OURS);
  world.startDelivery({ expected: 'what blocks you?', status: 'queued' });
  world.write('interruption');
  turns.promptHeard(slotId, epoch, { prompt: 'hello', ...THEIRS });
  heard('what blocks you?', OURS_ASKED);
  world.write('answer', 'the disk is full');
  stopped('the disk is full', OURS_ASKED);
  expect(await outcome()).toBe('answered: the disk is full');
});

describe('the program ends, and nobody heard its last words', () => {
  const ends = () => turns.sessionEnded(slotId, epoch, 'signal 9');

  it('they are read from its transcript', async () => {
    heard(PROMPT, OURS);
    world.write('answer', 'fixed');
    ends();
    expect(await outcome()).toBe('answered: fixed');
  });

  it('also when nobody had heard that the prompt was taken', async () => {
    world.write('prompt', PROMPT);
    world.write('answer', 'fixed');
    ends();
    expect(await outcome()).toBe('answered: fixed');
    expect(world.sent.map(({ type }) => type)).toEqual(['prompt.submitted', 'turn.ended']);
  });

  it('without an answer the task fails with the end of the session', async () => {
    heard(PROMPT, OURS);
    ends();
    expect(await outcome()).toMatch(/^session_exited.*signal 9/);
  });
});

it("keeps a person's prompt and answer in the history of the slot, not in that of the task", async () => {
  heard(PROMPT, OURS);
  world.write('interruption');
  heard('what is 2+2?', THEIRS);
  stopped('4', THEIRS);
  await outcome();
  expect(world.history()).toEqual([
    ['user', PROMPT, true],
    ['user', 'what is 2+2?', false],
    ['assistant', '4', false],
  ]);
  expect(world.told).toEqual(['nobody: 4']);
});

it('tells listeners the words of a task once, also where only the transcript has them', async () => {
  heard(PROMPT, UNNAMED);
  world.write('answer', 'fixed');
  stopped(null, UNNAMED);
  await outcome();
  expect(world.told).toEqual(['the task: fixed']);
});

it.each([
  ['the Stop hook carries no words (2.1.30)', () => stopped(null, UNNAMED)],
  ['no hook was heard', () => turns.restingSeen(slotId, epoch)],
])('a turn that ended with an API error is no answer, where %s', async (_, end) => {
  heard(PROMPT, UNNAMED);
  world.write('error', 'API Error: 400 scripted 400');
  world.state.resting = true;
  end();
  expect(await outcome()).toMatch(/^turn_failed: .*API Error: 400 scripted 400/);
});

describe.each([
  ['with prompt ids', OURS, THEIRS],
  ['without prompt ids', UNNAMED, UNNAMED],
])('whose StopFailure fails a task, %s', (_, ours, theirs) => {
  it('its own, with the words of the error', async () => {
    heard(PROMPT, ours);
    failed('API Error: 400', ours);
    expect(await outcome()).toMatch(/^turn_failed: .*API Error: 400/);
  });

  it('not that of an earlier turn, which comes while the prompt is typed', async () => {
    failed('API Error: 529', theirs);
    heard(PROMPT, ours);
    stopped('fixed', ours);
    expect(await outcome()).toBe('answered: fixed');
  });

  it("not that of a person's prompt", async () => {
    heard(PROMPT, ours);
    world.write('interruption');
    heard('what is 2+2?', theirs);
    failed('API Error: 400', theirs);
    expect(await outcome()).toMatch(/^turn_interrupted/);
  });
});
