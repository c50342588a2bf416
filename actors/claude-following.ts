import { createActor } from 'xstate';
import type { ClaudeSessionId, Epoch } from '../db/ids.ts';
import { sessionMachine } from '../machines/session.ts';
import { type SessionView, viewSession } from '../machines/session-view.ts';
import { MissionError } from '../services/errors/mission-error.ts';
import type { PtyExit, PtyHost } from '../services/pty/pty-host.ts';
import { registrySignal } from './registry-signal.ts';

/** What Claude Code writes down is looked at so often while somebody waits for it. */
const LOOK_EVERY_MS = 50;

type RegistryStatus = Parameters<typeof registrySignal>[0];

export interface FollowingDependencies {
  readonly host: Pick<PtyHost, 'subscribe'>;
  readonly epoch: Epoch;
  readonly sessionId: ClaudeSessionId;
  /** Called when what it does has changed. */
  readonly onChange?: ((view: SessionView) => void) | undefined;
}

/** Follows one session by its screen, its register and its end. */
export function followClaude({ host, epoch, sessionId, onChange }: FollowingDependencies) {
  const actor = createActor(sessionMachine, { input: { epoch, sessionId, at: Date.now() } });
  const looks = new Set<() => void>();
  let exit: PtyExit | null = null;
  let tellExit: (exit: PtyExit) => void = () => {};
  const exited = new Promise<PtyExit>((resolve) => {
    tellExit = resolve;
  });
  const view = (): SessionView => viewSession(actor.getSnapshot());
  actor.subscribe(() => {
    onChange?.(view());
    for (const look of [...looks]) look();
  });
  actor.start();
  host.subscribe((event) => {
    const at = Date.now();
    if (event.type === 'reading') actor.send({ type: 'screen.read', epoch, at, reading: event.reading });
    if (event.type !== 'exit') return;
    exit = event.exit;
    actor.send({ type: 'pty.exited', epoch, at, code: exit.code, signal: exit.signal });
    tellExit(exit);
  });

  function requireRunning(): void {
    if (exit === null) return;
    throw new MissionError('session_exited', 'This Claude Code has ended.', { remedy: 'Start another one.' });
  }

  return {
    view,
    exited,
    /** @throws MissionError `session_exited` */
    requireRunning,
    /** Its file in Claude Code's register says something else. */
    registryTold: (status: RegistryStatus): void => actor.send(registrySignal(status, epoch, Date.now())),
    /**
     * Resolves when `holds` does, after a change or when it is looked at again.
     * @throws MissionError `session_exited`
     */
    async until(holds: () => boolean | Promise<boolean>, calledOff?: AbortSignal): Promise<void> {
      for (;;) {
        calledOff?.throwIfAborted();
        if (await holds()) return;
        requireRunning();
        await new Promise<void>((resolve) => {
          const look = (): void => {
            clearTimeout(timer);
            looks.delete(look);
            resolve();
          };
          const timer = setTimeout(look, LOOK_EVERY_MS);
          looks.add(look);
        });
      }
    },
    stop: (): void => void actor.stop(),
  };
}

export type FollowedClaude = ReturnType<typeof followClaude>;
