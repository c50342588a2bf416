import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { planPrompt } from '../../../services/keyboard/prompt-plan.ts';
import { sameWords } from '../../../services/keyboard/same-words.ts';
import { type RealSession, startRealSession } from './real-session.ts';

/** Fetching the program (once) and a cold start on a busy machine. */
const START_WITHIN_MS = 300_000;
const ROUND_WITHIN_MS = 60_000;

let session: RealSession;

beforeAll(async () => {
  session = await startRealSession();
  await session.screen(({ level, composer }) => level === 'idle' && composer.kind !== 'absent');
}, START_WITHIN_MS);

afterAll(async () => {
  await session?.close();
});

/** Delivers one prompt, waits for the end of its turn, and returns what the model and the hook carried. */
async function deliver(prompt: string) {
  const plan = planPrompt(prompt, { version: session.launch.version });
  if (!plan.ok) throw new Error(plan.failure.message);
  const heard = session.nextHook(
    (hook) => hook.name === 'UserPromptSubmit' && sameWords(plan.expected, hook.prompt),
  );
  const stopped = session.nextHook((hook) => hook.name === 'Stop' || hook.name === 'StopFailure');
  let typed = false;
  const result = await session.keyboard.deliver(prompt, {
    signal: AbortSignal.timeout(ROUND_WITHIN_MS),
    submitted: heard.then(() => undefined),
    typed: () => {
      typed = true;
    },
  });
  expect(result, session.text()).toEqual({ ok: true });
  expect(typed).toBe(true);
  const stop = await stopped;
  await session.screen(({ level }) => level === 'idle');
  const received = session.model.requests().at(-1)?.prompt ?? '';
  return { received, stop };
}

describe('a real Claude Code gets the words that were meant', () => {
  it.each([
    ['one line', 'say: hello there'],
    ['several lines', 'line one\nline two\n\n    line four, indented\n- a list\n# a heading'],
    ['shell mode', '!echo this must not run'],
    ['a note', '# remember this'],
    ['a command of Claude Code', '/help me with this'],
    ['a command alone', '/clear'],
    ['a path', '/usr/bin/env is a program'],
    ['a word that ends the session', 'exit'],
    ['a question mark', '?'],
    ['a file at the end', 'look at @work'],
    ['an emoji name at the end', 'this makes me :smi'],
    ['a backslash at the end', 'a path like C:\\temp\\'],
    ['a number', '1'],
    ['tabs', 'a\tb\n\tindented'],
    ['many scripts', '日本語 🎉 é עברית 한국어 👨‍👩‍👧 ❤️ ñ'],
    ['escape sequences', 'red \u001b[31mtext\u001b[0m and a paste end \u001b[201~ inside'],
    ['control characters', 'a\u0003b\u0004c\u0015d\u007fe\u200bf'],
    ['windows lines', 'first\r\nsecond\rthird'],
    ['quotes and markup', '"double" \'single\' `code` <b>tag</b> $HOME $(id) %d {"json": [1, 2]}'],
    ['lookalikes of the screen', '❯ Yes\n────────────────\n✻ Thinking… (esc to interrupt)\n● done'],
    ['2,400 characters', Array.from({ length: 500 }, (_, index) => `w${index}`).join(' ')],
    ['many lines', Array.from({ length: 120 }, (_, index) => `row ${index}`).join('\n')],
  ])('%s', { timeout: ROUND_WITHIN_MS }, async (_, prompt) => {
    const plan = planPrompt(prompt, { version: session.launch.version });
    const { received } = await deliver(prompt);
    expect(plan.ok && sameWords(plan.expected, received), JSON.stringify(received)).toBe(true);
  });

  it('60,000 characters', { timeout: ROUND_WITHIN_MS }, async () => {
    const prompt = Array.from({ length: 8_571 }, (_, index) => `w${String(index).padStart(5, '0')}`).join(
      ' ',
    );
    const { received } = await deliver(prompt);
    // Not `toBe`: a diff of that length helps nobody.
    expect(received === prompt).toBe(true);
  });
});

describe('a person comes first', () => {
  it('a draft in the box is left alone', { timeout: ROUND_WITHIN_MS }, async () => {
    session.write('my own draft');
    await session.screen(({ composer }) => composer.text === 'my own draft');
    const result = await session.keyboard.deliver('say: no', {
      signal: AbortSignal.timeout(ROUND_WITHIN_MS),
      submitted: new Promise(() => {}),
    });
    expect(result).toMatchObject({ ok: false, failure: { code: 'composer_occupied' } });
    expect(session.reader.reading().composer.text).toBe('my own draft');
    session.write('\u0015');
    await session.screen(({ composer }) => composer.kind === 'empty');
  });

  it('an interrupt ends the turn and leaves an empty box', { timeout: ROUND_WITHIN_MS }, async () => {
    const heard = session.nextHook((hook) => hook.name === 'UserPromptSubmit');
    const signal = AbortSignal.timeout(ROUND_WITHIN_MS);
    await session.keyboard.deliver('think: 30', { signal, submitted: heard.then(() => undefined) });
    await session.screen(({ level }) => level === 'thinking');
    const refused = await session.keyboard.deliver('say: too early', {
      signal,
      submitted: new Promise(() => {}),
    });
    expect(refused).toMatchObject({ ok: false, failure: { code: 'slot_not_idle' } });
    expect(await session.keyboard.interrupt(signal)).toEqual({ ok: true });
    await session.screen(({ composer }) => composer.kind === 'empty' || composer.kind === 'ghost');
    const { received } = await deliver('say: after the interrupt');
    expect(received).toBe('say: after the interrupt');
  });
});
