import { once } from 'node:events';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { MessageView } from '../../../actors/messages/message-views.ts';
import type { RunningMission } from '../../../actors/mission/create-mission.ts';
import { FIRST_PAGE } from '../../../actors/mission/text-page.ts';
import type { SlotConfiguration } from '../../../actors/slot-runtime.ts';
import { Role, SlotId } from '../../../db/ids.ts';
import { MissionError, toFailure } from '../../../services/errors/mission-error.ts';
import { idleReading } from '../fake-pty-host.ts';
import { createStage, hook, slotOf, until, willingKeyboard } from '../mission-stage.ts';

const SLOTS = Array.from({ length: 12 }, (_, index) => SlotId.parse(`w-${index + 1}`));
const [one = SlotId.parse('x'), two = one] = SLOTS;
const configurations: readonly SlotConfiguration[] = SLOTS.map((id) =>
  slotOf({ id, role: Role.parse(id === 'w-12' ? 'workspace' : 'worker') }),
);

interface Typed {
  readonly slot: SlotId;
  readonly prompt: string;
}

let typed: Typed[];
/** What becomes of what is typed next. */
let fails: ((slot: SlotId) => MissionError | null) | null;
let answers: boolean;
/** It is typed, and nothing more is heard. */
let hangs: boolean;
let mission: RunningMission;
let stage: ReturnType<typeof createStage>;
let directory: string;
let transcript: string;

function slotOfEpoch(epoch: string): SlotId {
  const slot = mission.slots().find((view) => view.epoch === epoch);
  if (slot === undefined) throw new Error('no such run');
  return slot.slotId;
}

/** Claude Code takes the prompt, and answers it. */
async function takes(slot: SlotId, prompt: string): Promise<void> {
  // It was killed meanwhile.
  if (mission.slot(slot).epoch === undefined) return;
  const prompt_id = `prompt-${typed.length}-${slot}`;
  const where = { prompt_id, transcript_path: transcript };
  await hook(mission, 'UserPromptSubmit', { prompt, ...where }, slot);
  if (!answers) return;
  await hook(mission, 'Stop', { last_assistant_message: 'thanks', ...where }, slot);
  stage.fake.show(slot, idleReading());
}

beforeEach(() => {
  typed = [];
  fails = null;
  answers = true;
  hangs = false;
  directory = mkdtempSync(path.join(os.tmpdir(), 'missiond-mail-'));
  transcript = path.join(directory, 'session.jsonl');
  writeFileSync(transcript, '');
  stage = createStage({
    slots: configurations,
    keyboard: (_, epoch) =>
      willingKeyboard({
        async deliver(prompt, { typed: reached, signal }) {
          const slot = slotOfEpoch(epoch);
          const failure = fails?.(slot) ?? null;
          if (failure !== null) return { ok: false, failure: toFailure(failure) };
          reached();
          typed.push({ slot, prompt });
          if (hangs) await once(signal, 'abort');
          setImmediate(() => void takes(slot, prompt));
          return { ok: true };
        },
      }),
  });
});
afterEach(async () => {
  await stage.close();
  rmSync(directory, { recursive: true, force: true });
});

async function runs(...slots: readonly SlotId[]): Promise<void> {
  for (const slot of slots) {
    await mission.spawn(slot, {});
    await comes(slot);
  }
}
async function comes(slot: SlotId): Promise<void> {
  stage.fake.show(slot, idleReading());
  await until(mission, `${slot} idle`, () => mission.slot(slot).state === 'idle');
  await hook(mission, 'SessionStart', { source: 'startup', transcript_path: transcript }, slot);
}

/** Two sessions, the second of which works on a task that does not end by itself. */
async function startAtWork(): Promise<void> {
  mission = await stage.start();
  await runs(one, two);
  answers = false;
  const { taskId } = await mission.submit({ slotId: two, prompt: 'work' });
  await until(mission, 'at work', () => mission.task(taskId).status === 'running');
}

const send = (from: SlotId | 'person', to: string, body: string): readonly MessageView[] =>
  mission.messages.send(
    { to, body },
    from === 'person' ? { kind: 'person' } : { kind: 'slot', slotId: from },
  );
const person = { kind: 'person' } as const;
const look = (id: string): MessageView =>
  mission.messages.read(id, FIRST_PAGE, { kind: 'program', name: 'test' });
const statusOf = (message: MessageView | undefined): string => look(message?.id ?? '').status;
const becomes = (message: MessageView | undefined, status: string): Promise<void> =>
  until(mission, `message ${status}`, () => statusOf(message) === status);
/** Which of the bodies a slot was given, in order, in how many prompts it may be. */
const givenTo = (slot: SlotId): readonly string[] =>
  typed.filter((one) => one.slot === slot).flatMap(({ prompt }) => prompt.match(/(?<=^\| )m-.*$/gm) ?? []);

test('60 messages at once to 12 receivers: each to the right one, once, in the order of its sender', async () => {
  mission = await stage.start();
  await runs(...SLOTS);
  const sent = await Promise.all(
    Array.from({ length: 60 }, async (_, index) => {
      const from = SLOTS[(index * 7) % 11] ?? one;
      const others = SLOTS.slice(0, 12).filter((slot) => slot !== from);
      const to = others[index % others.length] ?? two;
      // The workspace is written to by its person.
      const sender = to === 'w-12' ? ('person' as const) : from;
      return { to, sender, index, message: send(sender, to, `m-${sender}-${index}`)[0] };
    }),
  );
  for (const { message } of sent) await becomes(message, 'delivered');
  for (const slot of SLOTS) {
    const expected = sent.filter(({ to }) => to === slot).map(({ sender, index }) => `m-${sender}-${index}`);
    expect([slot, givenTo(slot)]).toEqual([slot, expected]);
  }
  expect(typed.length).toBeLessThanOrEqual(60);
  expect(stage.errors).toEqual([]);
});

test('a busy one is given it beside the result of its next tool, and has it when its conversation shows it', async () => {
  await startAtWork();
  const messages = [...send(one, two, 'm-1'), ...send(one, two, 'm-2')];
  const reply = await toolEnds('tool-1');
  expect(reply).toMatchObject({ hookSpecificOutput: { hookEventName: 'PostToolUse' } });
  const context = z(reply);
  expect(context.match(/^\| m-.*$/gm)).toEqual(['| m-1', '| m-2']);
  // Nothing else is brought before it is known what became of these.
  const later = send(one, two, 'm-3')[0];
  expect(await toolEnds('tool-2')).toEqual({});
  expect(messages.map(statusOf)).toEqual(['pending', 'pending']);
  write({
    type: 'attachment',
    attachment: { type: 'hook_additional_context', toolUseID: 'tool-1', content: [context] },
  });
  for (const message of messages) await becomes(message, 'delivered');
  expect(look(messages[0]?.id ?? '').way).toBe('hook');

  // This one is not taken: the model answers without it. It is typed when the turn has ended.
  const lost = z(await toolEnds('tool-3'));
  expect(lost).toContain('| m-3');
  write({ type: 'assistant', message: { id: 'a', content: [] } });
  write({ type: 'user', message: { content: [{ type: 'tool_result', tool_use_id: 'tool-3' }] } });
  write({ type: 'assistant', message: { id: 'b', content: [] } });
  await until(mission, 'noticed', () => look(later?.id ?? '').attempts === 1);
  answers = true;
  await hook(
    mission,
    'Stop',
    { last_assistant_message: 'done', transcript_path: transcript, prompt_id: `prompt-1-${two}` },
    two,
  );
  stage.fake.show(two, idleReading());
  await becomes(later, 'delivered');
  expect(givenTo(two)).toEqual(['m-3']);
  expect(look(later?.id ?? '').way).toBe('typed');
});

const write = (line: object): void => appendFileSync(transcript, `${JSON.stringify(line)}\n`);
function z(reply: Record<string, unknown>): string {
  const { hookSpecificOutput } = reply;
  if (typeof hookSpecificOutput !== 'object' || hookSpecificOutput === null) throw new Error('nothing given');
  return String(Object.entries(hookSpecificOutput).find(([name]) => name === 'additionalContext')?.[1]);
}
function toolEnds(tool_use_id: string, more: object = {}): Promise<Record<string, unknown>> {
  const { epoch, sessionId } = mission.slot(two);
  if (epoch === undefined) throw new Error('no run');
  const body = {
    hook_event_name: 'PostToolUse',
    session_id: sessionId,
    transcript_path: transcript,
    tool_name: 'Bash',
    tool_input: { command: 'true' },
    tool_use_id,
    tool_response: '',
    ...more,
  };
  return mission.receiveHook(two, epoch, body, AbortSignal.timeout(5_000));
}

test('a subagent is given nothing of it', async () => {
  await startAtWork();
  const [message] = send(one, two, 'm-1');
  expect(await toolEnds('tool-1', { agent_id: 'sub' })).toEqual({});
  expect(statusOf(message)).toBe('pending');
});

test('a daemon that is killed before, while and after delivers each once', async () => {
  await startAtWork();
  const [early] = send(one, two, 'm-1');
  const context = z(await toolEnds('tool-1'));
  const [later] = send(one, two, 'm-2');
  await stage.kill9();
  // It was taken: the reply had gone before the daemon was killed.
  write({
    type: 'attachment',
    attachment: { type: 'hook_additional_context', toolUseID: 'tool-1', content: [context] },
  });
  mission = await stage.start();
  await becomes(early, 'delivered');
  const second = z(await toolEnds('tool-2'));
  expect([second.includes('| m-1'), second.includes('| m-2')]).toEqual([false, true]);
  await stage.kill9();
  // This reply was lost with the daemon; the model goes on without it, and the turn ends.
  mission = await stage.start();
  write({ type: 'assistant', message: { id: 'a', content: [] } });
  write({ type: 'user', message: { content: [{ type: 'tool_result', tool_use_id: 'tool-2' }] } });
  write({ type: 'assistant', message: { id: 'b', content: [] } });
  answers = true;
  await until(mission, 'noticed', () => look(later?.id ?? '').attempts === 1);
  await hook(
    mission,
    'Stop',
    { last_assistant_message: 'done', transcript_path: transcript, prompt_id: `prompt-1-${two}` },
    two,
  );
  stage.fake.show(two, idleReading());
  await becomes(later, 'delivered');
  expect(givenTo(two)).toEqual(['m-2']);
});

test('it waits while nobody is there, while a person has a draft, and where a person sits', async () => {
  mission = await stage.start();
  await runs(one);
  const [gone] = send(one, two, 'm-gone');
  stage.fake.show(one, idleReading({ composer: { kind: 'draft', text: 'my draft' } }));
  await until(mission, 'draft', () => mission.slot(one).composer === 'personDraft');
  const [draft] = send('person', one, 'm-draft');
  const [desk] = send(one, 'w-12', 'm-desk');
  await runs(SlotId.parse('w-12'));
  expect([gone, draft, desk].map(statusOf)).toEqual(['pending', 'pending', 'pending']);
  expect(typed).toEqual([]);
  expect(mission.slot(two).status).toBe('stopped');
  stage.fake.show(one, idleReading());
  await becomes(draft, 'delivered');
  await runs(two);
  await becomes(gone, 'delivered');
  expect(statusOf(desk)).toBe('pending');
  const [asked] = send('person', 'w-12', 'm-asked');
  await becomes(asked, 'delivered');
  expect(givenTo(SlotId.parse('w-12'))).toEqual(['m-asked']);
  expect(
    mission.messages.list({ inbox: 'slot:w-12', sent: false, unreadOnly: true, limit: 5 }, person).unread,
  ).toBe(2);
});

test('what cannot be delivered is tried again, then dead, and who sent it is told why', async () => {
  let clock = Date.now();
  mission = await stage.start({ now: () => clock });
  await runs(one, two);
  fails = (slot) => (slot === two ? new MissionError('prompt_refused', 'It cannot be typed.') : null);
  const [message] = send(one, two, 'm-1');
  for (let attempt = 1; attempt < 8; attempt += 1) {
    await until(mission, `attempt ${attempt}`, () => look(message?.id ?? '').attempts === attempt);
    expect(look(message?.id ?? '').notBefore).toBe(clock + 2_000 * 2 ** (attempt - 1));
    clock = look(message?.id ?? '').notBefore ?? clock;
  }
  await becomes(message, 'dead');
  expect(look(message?.id ?? '').failure).toContain('It cannot be typed.');
  await until(mission, 'told', () =>
    typed.some(({ slot, prompt }) => slot === one && prompt.includes('from missiond')),
  );
  expect(typed.at(-1)?.prompt).toMatch(
    /\| Your message .* to slot:w-2 was not delivered: It cannot be typed/,
  );
});

test('of a receiver that is removed the mail is dead, and who sent it is told', async () => {
  mission = await stage.start();
  await runs(one);
  const made = SlotId.parse('shop.calm-fox');
  mission.runtimeSlots.open(slotOf({ id: made, role: Role.parse('worker') }));
  const [message] = send(one, made, 'm-1');
  await mission.runtimeSlots.close(made, 'test', { endWith: 'It has gone.' });
  await becomes(message, 'dead');
  expect(look(message?.id ?? '').failure).toContain('slot:shop.calm-fox is in the team no more');
  await until(mission, 'told', () =>
    typed.some(({ slot, prompt }) => slot === one && prompt.includes('from missiond')),
  );
});

test('a transcript that cannot be read keeps nobody else waiting, and is told of', async () => {
  await startAtWork();
  const [lost] = send(one, two, 'm-lost');
  z(await toolEnds('tool-1'));
  rmSync(transcript);
  mkdirSync(transcript);
  answers = true;
  const [other] = send('person', one, 'm-other');
  await becomes(other, 'delivered');
  expect(statusOf(lost)).toBe('pending');
  await mission.kill(two, 'test');
  await becomes(lost, 'dead');
  expect(look(lost?.id ?? '').failure).toContain('not known whether it arrived');
});

test('what its receiver has acknowledged stays so, whatever is found out of it later', async () => {
  let acknowledge: (() => void) | null = null;
  let looks = 0;
  mission = await stage.start({
    readTurn: async () => {
      // The session is asked about first, then, when its task has failed, the message.
      const found = looks > 0;
      looks += acknowledge === null ? 0 : 1;
      if (found) acknowledge?.();
      return { found, ended: false, interrupted: true, error: null, lastAssistantMessage: null };
    },
  });
  await runs(one, two);
  hangs = true;
  const [message] = send(one, two, 'm-1');
  while (typed.length === 0) await nextTurn();
  acknowledge = () => void mission.messages.acknowledge(message?.id ?? '', { kind: 'slot', slotId: two });
  await mission.kill(two, 'test');
  await becomes(message, 'acknowledged');
  hangs = false;
  await runs(two);
  const [later] = send(one, two, 'm-2');
  await becomes(later, 'delivered');
  expect(statusOf(message)).toBe('acknowledged');
  expect(givenTo(two)).toEqual(['m-1', 'm-2']);
});

test('one whose session is lost with its host has the message once, though nothing can be typed into the next session', async () => {
  mission = await stage.start({
    lengthOf: async () => 1,
    // The transcript shows what was typed; no hook has told of it.
    readTurn: async () => ({
      found: typed.length > 0,
      ended: false,
      interrupted: false,
      error: null,
      lastAssistantMessage: null,
    }),
  });
  await runs(one, two);
  hangs = true;
  const [message] = send(one, two, 'm-1');
  while (typed.length === 0) await nextTurn();
  const { epoch } = mission.slot(two);
  let refused = 0;
  fails = (slot) => {
    if (slot !== two || mission.slot(two).epoch === epoch) return null;
    refused += 1;
    return new MissionError('prompt_refused', 'It cannot be typed.');
  };
  await stage.fake.host.shutdown(0);
  stage.fake.disconnect();
  await until(mission, 'resumed', () => {
    const slot = mission.slot(two);
    return slot.epoch !== epoch && slot.status === 'live';
  });
  await comes(two);
  await becomes(message, 'delivered');
  expect(refused).toBe(1);
  expect(givenTo(two)).toEqual(['m-1']);
});

test("a secret of the sender's environment is taken out of what it says; nothing is stored while it is not known", async () => {
  const withheld = new Set<SlotId>();
  mission = await stage.start({
    redact: (slot, text) =>
      slot !== one ? text : withheld.has(slot) ? '[withheld]' : text.replaceAll('hunter2', '[redacted]'),
  });
  await runs(one, two);
  const [message] = send(one, two, 'm-1 hunter2');
  await becomes(message, 'delivered');
  expect(givenTo(two)).toEqual(['m-1 [redacted]']);
  withheld.add(one);
  expect(() => send(one, two, 'm-2 hunter2')).toThrow(/secrets of w-1 are not known/);
  expect(mission.messages.list({ sent: false, unreadOnly: false, limit: 9 }, person).total).toBe(1);
});
