import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { denyTool, type HookBody } from '../../../services/claude/hook-body.ts';
import { readSessionStatus } from '../../../services/claude/session-registry.ts';
import { readTurn, type TranscriptTurn, transcriptPath } from '../../../services/claude/transcript.ts';
import { type RealSession, startRealSession } from '../keyboard/real-session.ts';

/** Fetching the program (once) and a cold start on a busy machine. */
const START_WITHIN_MS = 300_000;
const ROUND_WITHIN_MS = 20_000;

let session: RealSession;

beforeAll(async () => {
  session = await startRealSession({
    answer: (hook) =>
      hook.name === 'PreToolUse' && JSON.stringify(hook.input).includes('forbidden')
        ? denyTool('the rules of this test say no')
        : {},
  });
  await ready();
}, START_WITHIN_MS);

afterAll(async () => {
  await session?.close();
});

function isStop(hook: HookBody): boolean {
  return hook.name === 'Stop';
}

/** The Stop hook comes a moment before the screen is at rest. */
async function ready(): Promise<void> {
  await session.screen(
    ({ level, composer }) => (level === 'idle' || level === 'interrupted') && composer.kind !== 'absent',
  );
}

async function submit(prompt: string): Promise<void> {
  await ready();
  const heard = session.nextHook((hook) => hook.name === 'UserPromptSubmit');
  const delivered = await session.keyboard.deliver(prompt, {
    signal: AbortSignal.timeout(ROUND_WITHIN_MS),
    submitted: heard.then(() => undefined),
  });
  expect(delivered, session.text()).toEqual({ ok: true });
}

function transcript(): string {
  const hook = session.hooks.find(({ transcriptPath: file }) => file !== undefined);
  return hook?.transcriptPath ?? '';
}

/** The transcript is written behind the hooks: at Stop its last line is not there yet. */
const WRITTEN = { timeout: 10_000, interval: 20 };

function endedTurn(prompt: string): Promise<TranscriptTurn> {
  return vi.waitUntil(async () => {
    const turn = await readTurn(transcript(), { prompt });
    return turn.ended ? turn : null;
  }, WRITTEN);
}

describe('what a real Claude Code tells', { timeout: ROUND_WITHIN_MS }, () => {
  it('begins with SessionStart, under the id that was asked for', async () => {
    const started = await vi.waitUntil(
      () => session.hooks.find(({ name }) => name === 'SessionStart'),
      WRITTEN,
    );
    expect(started).toMatchObject({ source: 'startup' });
    expect(session.launch.args).toContain(started.sessionId);
  });

  it.each([
    ['one text', 'say: first line\n\nsecond paragraph\n\n```\ncode\n```'],
    ['several texts in one message', 'texts: ["first text", "second text\\n", " third text"]'],
    ['thinking before the text', 'think: 1'],
    ['a tool, then a text', 'tool: Read {"file_path": "nothing-there.txt"}'],
    ['a tool, then a scripted text', 'tool: Read {"file_path": "x"}\nthen say: all done'],
    ['an answer in many scripts', 'say: 日本語 🎉 עברית "quotes" \\ and <tags>'],
  ])('transcript and Stop hook agree: %s', async (_, prompt) => {
    const stopped = session.nextHook(isStop);
    await submit(prompt);
    const stop = await stopped;
    const turn = await endedTurn(prompt);
    expect(turn).toMatchObject({ found: true, interrupted: false });
    expect(stop).toMatchObject({ lastAssistantMessage: turn.lastAssistantMessage });
  });

  it('a denied tool does not run, and the model reads why', async () => {
    const stopped = session.nextHook(isStop);
    await submit('tool: Bash {"command": "touch forbidden.txt", "description": "x"}');
    expect(await stopped).toMatchObject({
      lastAssistantMessage: expect.stringMatching(/^tool refused: .*the rules of this test say no/),
    });
    expect(existsSync(path.join(session.cwd, 'forbidden.txt'))).toBe(false);
  });

  it('a dialog is answered by the words of an option', async () => {
    const asked = session.nextHook(({ name }) => name === 'PermissionRequest');
    await submit('tool: Bash {"command": "touch asked.txt", "description": "x"}');
    expect(await asked).toMatchObject({ tool: 'Bash', input: { command: 'touch asked.txt' } });
    await session.screen(({ dialog }) => dialog !== undefined);
    const signal = AbortSignal.timeout(ROUND_WITHIN_MS);
    expect(await session.keyboard.choose('Maybe', { signal })).toMatchObject({
      failure: { code: 'option_unknown' },
    });
    expect(await session.keyboard.choose('No', { signal }), session.text()).toEqual({ ok: true });
    await session.screen(({ dialog }) => dialog === undefined);
    expect(existsSync(path.join(session.cwd, 'asked.txt'))).toBe(false);

    const stopped = session.nextHook(isStop);
    await submit('tool: Bash {"command": "touch agreed.txt", "description": "x"}');
    await session.screen(({ dialog }) => dialog !== undefined);
    expect(await session.keyboard.choose('yes', { signal }), session.text()).toEqual({ ok: true });
    await stopped;
    expect(existsSync(path.join(session.cwd, 'agreed.txt'))).toBe(true);
  });

  it('an interrupted turn is seen in the transcript, without a Stop hook', async () => {
    await submit('slow: 200');
    await session.screen(({ level }) => level === 'thinking' || level === 'responding');
    expect(await session.keyboard.interrupt(AbortSignal.timeout(ROUND_WITHIN_MS))).toEqual({ ok: true });
    expect(await endedTurn('slow: 200')).toMatchObject({ found: true, interrupted: true });
  });

  it('keeps the transcript where it is looked for', async () => {
    const options = { configDirectory: path.join(session.claudeHome, '.claude'), cwd: session.cwd };
    const sessionId = session.hooks[0]?.sessionId ?? '';
    expect(transcriptPath({ ...options, sessionId })).toBe(transcript());
  });

  it('registers its state by pid', async () => {
    await ready();
    const directory = path.join(session.claudeHome, '.claude');
    const status = await readSessionStatus(directory, session.pid);
    expect(status).toMatchObject({ sessionId: session.hooks[0]?.sessionId, version: session.launch.version });
    expect(status?.status).toBe('idle');
  });

  it('reports the context left, and shows the row that it is given', async () => {
    expect(session.statusLines.at(-1)).toMatchObject({
      session_id: session.hooks[0]?.sessionId,
      context_window: { remaining_percentage: expect.any(Number) },
    });
    expect(session.text()).toContain('the status row');
  });

  it('the token is in no argument, no variable, and in no file that others can read', () => {
    const { pid } = session;
    if (process.platform === 'linux') {
      expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8')).not.toContain('the-token-of-this-slot');
      expect(readFileSync(`/proc/${pid}/environ`, 'utf8')).not.toContain('the-token-of-this-slot');
    }
    expect(statSync(session.launch.settingsFile).mode & 0o777).toBe(0o600);
  });
});
