import { randomUUID } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { ClaudeSessionId, Epoch, SlotId } from '../db/ids.ts';
import type { SessionView } from '../machines/session-view.ts';
import { launchEnvironment } from '../services/claude/launch-environment.ts';
import { locateClaude } from '../services/claude/locate.ts';
import { programVersion } from '../services/claude/program-version.ts';
import { configDirectoryOf } from '../services/claude/session-registry.ts';
import { transcriptPath } from '../services/claude/transcript.ts';
import { watchSession } from '../services/claude/watch-session.ts';
import { within } from '../services/deadline/within.ts';
import { MissionError } from '../services/errors/mission-error.ts';
import { createKeyboard } from '../services/keyboard/keyboard.ts';
import { must } from '../services/keyboard/keyboard-terminal.ts';
import { createInProcessPtyHost } from '../services/pty/in-process-pty-host.ts';
import type { PtyExit } from '../services/pty/pty-host.ts';
import { followClaude } from './claude-following.ts';
import { createSubmitting } from './claude-submitting.ts';
import { SESSION_SIZE } from './launcher.ts';

/** It names processes and files of this run; there is one session. */
const NAME = SlotId.parse('claude');
/** As long as Claude Code takes to save its transcript on the way out. */
const END_GRACE_MS = 2_500;
/** A key takes a second; a loaded machine may take longer. */
const KEYS_WITHIN_MS = 15_000;

export interface ClaudeOptions {
  /** Where it works. */
  readonly cwd: string;
  /** Name or path of the program; `claude` on the PATH when nothing is said. */
  readonly command?: string;
  /** Further arguments, such as `--model`. */
  readonly args?: readonly string[];
  /** Added to the environment of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** The conversation to go on with. */
  readonly resume?: string;
  /** Columns and rows; 140 by 45 when nothing is said. */
  readonly columns?: number;
  readonly rows?: number;
  /** Called when what it does has changed. */
  readonly onChange?: (view: SessionView) => void;
  /** Calls off the start. */
  readonly signal?: AbortSignal;
}

/** A Claude Code in a pseudo-terminal of this process: it ends with `end`, and not by itself when this process does. */
export interface ClaudeProcess {
  readonly pid: number;
  /** Claude Code's own id of the conversation, for `resume`. */
  readonly sessionId: string;
  readonly version: string;
  /** What it does, and why that is believed. */
  view(): SessionView;
  /** The text of the screen, or of the last lines with what has scrolled away. */
  screen(lines?: number): Promise<string>;
  /** Resolves when it rests with an empty prompt box. */
  untilIdle(signal?: AbortSignal): Promise<void>;
  /**
   * Types a prompt of any number of lines at once, and resolves when Claude Code has written down that it has it.
   * @throws MissionError `slot_not_idle`, `composer_occupied`, `delivery_failed`, `cancelled`, `session_exited`
   */
  send(prompt: string, signal?: AbortSignal): Promise<void>;
  /**
   * As `send`, and resolves with the answer when the turn has ended.
   * @throws MissionError also `turn_interrupted`, and `turn_failed` with the words of an error of the API
   */
  ask(prompt: string, signal?: AbortSignal): Promise<string>;
  /** Chooses an option of the dialog on the screen by its label. */
  choose(label: string, signal?: AbortSignal): Promise<void>;
  /** One Esc, while it is busy. */
  interrupt(signal?: AbortSignal): Promise<void>;
  /** Resolves when it has ended, however. */
  readonly exited: Promise<PtyExit>;
  /** Ends it with everything it has started, and resolves when all of that is gone. */
  end(): Promise<void>;
}

/**
 * Starts Claude Code and follows what it does. No daemon, no database, no hooks: the screen, its register and its
 * transcript tell. Whether a folder is trusted and what it may do is asked on the screen as always.
 * @throws MissionError `claude_missing`, `launch_failed`
 */
export async function startClaude(options: ClaudeOptions): Promise<ClaudeProcess> {
  const {
    signal = new AbortController().signal,
    columns = SESSION_SIZE.columns,
    rows = SESSION_SIZE.rows,
  } = options;
  const environment = { ...process.env, ...options.env };
  const file = await locateClaude({
    env: environment,
    ...(options.command === undefined ? {} : { command: options.command }),
  });
  const version = await programVersion(file, { env: environment, signal });
  const sessionId = ClaudeSessionId.parse(options.resume ?? randomUUID());
  const epoch = Epoch.parse(randomUUID());
  const cwd = realpathSync(options.cwd);
  const env = launchEnvironment({
    inherited: process.env,
    slotId: null,
    slotEnv: options.env ?? {},
    isRoot: process.getuid?.() === 0,
  });
  const configDirectory = configDirectoryOf(env);
  const transcript = configDirectory === null ? null : transcriptPath({ configDirectory, cwd, sessionId });

  const host = createInProcessPtyHost();
  const followed = followClaude({ host, epoch, sessionId, onChange: options.onChange });
  const spawned = await host.spawn({
    epoch,
    slotId: NAME,
    file,
    args: [options.resume === undefined ? '--session-id' : '--resume', sessionId, ...(options.args ?? [])],
    cwd,
    env,
    columns,
    rows,
  });
  if (!spawned.ok) {
    followed.stop();
    throw new MissionError('launch_failed', spawned.message, { remedy: 'Look at `command` and `cwd`.' });
  }
  const unwatch =
    configDirectory === null
      ? () => {}
      : watchSession({
          configDirectory,
          pid: spawned.pid,
          onStatus: followed.registryTold,
        });
  const keyboard = createKeyboard({
    write: (data) => host.write(epoch, data),
    read: () => host.read(epoch),
    text: () => host.text(epoch),
    sleep: (ms, calledOff) => sleep(ms, undefined, calledOff === undefined ? {} : { signal: calledOff }),
    now: () => Date.now(),
    version: () => version,
  });

  const { view, until, requireRunning, exited } = followed;

  return {
    pid: spawned.pid,
    sessionId,
    version,
    view,
    screen: (lines) => host.text(epoch, lines),
    untilIdle: (calledOff) =>
      until(() => view().conversation === 'idle' && view().composer === 'empty', calledOff),
    ...createSubmitting({ followed, keyboard, transcript }),
    async choose(label, calledOff = new AbortController().signal) {
      requireRunning();
      must(await keyboard.choose(label, { signal: within(KEYS_WITHIN_MS, calledOff) }));
    },
    async interrupt(calledOff = new AbortController().signal) {
      requireRunning();
      must(await keyboard.interrupt(within(KEYS_WITHIN_MS, calledOff)));
    },
    exited,
    async end() {
      unwatch();
      await host.shutdown(END_GRACE_MS);
      followed.stop();
    },
  };
}
