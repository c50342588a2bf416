import { redactTokens } from '../../db/redact-tokens.ts';
import type { PtyHost, PtyHostEvent, PtyInfo } from '../../services/pty/pty-host.ts';
import type { MissionCore } from '../core.ts';
import type { Launcher } from '../launcher.ts';
import { announceRestored } from '../restore.ts';
import { heldPlan } from '../slot-view.ts';
import type { Turns } from '../turns.ts';

/** How soon the daemon tries to reach the pty host again. */
const RECONNECT_MS = 250;

export interface HostEventsDependencies {
  readonly core: MissionCore;
  readonly turns: Turns;
  readonly launcher: Pick<Launcher, 'terminateOrphan'>;
  readonly connectHost: () => Promise<PtyHost>;
  readonly writeLater: (write: () => void) => void;
  readonly report: (where: string) => (error: unknown) => void;
  /** Tasks that no slot could be started for meanwhile may be tried again. */
  readonly dispatchSoon: () => void;
  /** Aborted when the daemon stops. */
  readonly signal: AbortSignal;
}

/** Turns what the pty host tells into signals of sessions, and comes back to it when the connection is lost. */
export function createHostEvents({
  core,
  turns,
  launcher,
  connectHost,
  writeLater,
  report,
  dispatchSoon,
  signal,
}: HostEventsDependencies) {
  let reached = true;
  function take(event: PtyHostEvent): void {
    if (event.type === 'disconnected') {
      reached = false;
      if (!signal.aborted) reconnect().catch(report('the pty host could not be reached again'));
      return;
    }
    const runtime = core.runtimes.get(event.slotId);
    if (runtime === undefined || runtime.epoch !== event.epoch) return;
    const { epoch, slotId } = event;
    const at = core.now();
    runtime.lastActivityAt = at;
    if (event.type === 'reading') {
      const before = runtime.reading;
      runtime.reading = event.reading;
      core.signal(slotId, { type: 'screen.read', epoch, at: event.reading.at, reading: event.reading });
      if (before?.title !== event.reading.title) {
        core.bus.publish({ type: 'title_changed', at, slotId, title: redactTokens(event.reading.title) });
      }
      return;
    }
    const { code, signal: killedBy } = event.exit;
    writeLater(() => core.slots.updateSession(epoch, { endedAt: event.exit.at, exitCode: code }));
    core.signal(slotId, { type: 'pty.exited', epoch, at: event.exit.at, code, signal: killedBy });
    turns.sessionEnded(slotId, epoch, killedBy === null ? `code ${code ?? 'unknown'}` : `signal ${killedBy}`);
    core.sendToSlot(slotId, { type: 'terminal.exited', epoch, ...event.exit });
  }

  function listen(): void {
    core.host().subscribe((event) => {
      try {
        take(event);
      } catch (error) {
        report('an event of the pty host could not be taken')(error);
      }
    });
  }

  /** A task whose terminal the host does not hold can never end by itself. */
  function endTasksWithoutTerminal(held: readonly PtyInfo[]): void {
    for (const [slotId, taskId] of core.occupied) {
      const epoch = core.tasks.get(taskId)?.epoch;
      const terminal = held.find((one) => one.epoch === epoch);
      if (epoch == null || (terminal !== undefined && terminal.exit === null)) continue;
      turns.sessionEnded(slotId, epoch, 'its terminal was lost');
    }
  }

  /** What was started for a slot that has let go of it (its start failed, its end was not confirmed) ends here. */
  async function endTerminalsOfNobody(held: readonly PtyInfo[]): Promise<void> {
    const owned = new Set(
      [...core.runtimes.keys()].map((slotId) => heldPlan(core.slotSnapshot(slotId))?.epoch),
    );
    for (const { epoch, slotId } of held.filter((terminal) => !owned.has(terminal.epoch))) {
      core.logger.warn({ epoch, slotId }, 'a terminal that belongs to no slot is ended');
      await launcher.terminateOrphan(epoch).catch(report('a terminal that belongs to no slot goes on'));
    }
  }

  /** Makes slots, tasks and terminals fit each other again, after the daemon or the connection was away. */
  async function reconcile(held: readonly PtyInfo[]): Promise<void> {
    await announceRestored(core, held);
    endTasksWithoutTerminal(held);
    await endTerminalsOfNobody(held);
  }

  async function reconnect(): Promise<void> {
    while (!signal.aborted) {
      try {
        core.setHost(await connectHost());
        listen();
        await reconcile(await core.host().list());
        reached = true;
        dispatchSoon();
        return;
      } catch (error) {
        report('the pty host does not answer')(error);
        await new Promise((resolve) => setTimeout(resolve, RECONNECT_MS));
      }
    }
  }

  return {
    listen,
    reconcile,
    /** False while no host answers: a start would only fail. */
    isReached: (): boolean => reached,
  };
}

export type HostEvents = ReturnType<typeof createHostEvents>;
