import { setMaxListeners } from 'node:events';
import type { SlotId } from '../../db/ids.ts';
import type { OpenDatabase } from '../../db/open.ts';
import type { MissionCore } from '../core.ts';
import type { Journal } from '../journal.ts';
import type { Launcher } from '../launcher.ts';
import type { Questions } from '../questions/questions.ts';
import { heldPlan } from '../slot-view.ts';
import type { HostEvents } from './host-events.ts';
import { endAll, startWithDaemon } from './supervision.ts';

/** What moves by itself from the start on; what `start` returns ends it. */
interface Watch {
  start(): () => void;
}

export interface StartAndStopDependencies {
  readonly core: MissionCore;
  readonly database: OpenDatabase;
  readonly root: { start(): unknown; stop(): unknown };
  readonly journal: Journal;
  readonly launcher: Pick<Launcher, 'bind' | 'dispose'>;
  readonly questions: Pick<Questions, 'remember' | 'dispose'>;
  readonly telling: { start(): void; close(): void };
  readonly hostEvents: HostEvents;
  readonly watches: readonly Watch[];
  /** What works in threads of its own, with connections of its own to the database. */
  readonly threads: readonly { start(): void; close(): Promise<void> }[];
  readonly disposables: readonly { dispose(): void }[];
  /** Told of every session that outlived the last daemon. */
  readonly outlived: (slotId: SlotId, signal: AbortSignal) => void;
  readonly dispatchSoon: () => void;
  readonly report: (where: string) => (error: unknown) => void;
  /** Aborted by `close`. */
  readonly stopping: AbortController;
}

/** How a mission comes back from its rows, and how it goes. */
export function createStartAndStop({
  core,
  database,
  root,
  journal,
  launcher,
  questions,
  telling,
  hostEvents,
  watches,
  threads,
  disposables,
  outlived,
  dispatchSoon,
  report,
  stopping,
}: StartAndStopDependencies) {
  /** A host that holds nothing is not left behind either. */
  async function leaveHost(endAgents: boolean): Promise<void> {
    if (endAgents || (await core.host().list()).length === 0) await core.host().shutdown(0);
  }

  return {
    async start(): Promise<void> {
      questions.remember((slotId) => heldPlan(core.slotSnapshot(slotId))?.epoch ?? null);
      // Joined and listened to before the host is asked: what ends meanwhile is heard.
      for (const { configuration } of core.runtimes.values()) {
        const plan = heldPlan(core.slotSnapshot(configuration.id));
        if (plan === null) continue;
        launcher.bind(configuration.id, plan);
        outlived(configuration.id, stopping.signal);
      }
      // Everything that runs listens to it.
      setMaxListeners(0, stopping.signal);
      telling.start();
      hostEvents.listen();
      const held = await core.host().list();
      root.start();
      await hostEvents.reconcile(held);
      for (const watch of watches) stopping.signal.addEventListener('abort', watch.start(), { once: true });
      for (const thread of threads) thread.start();
      startWithDaemon(core);
      dispatchSoon();
    },

    async close({ endAgents }: { readonly endAgents: boolean }): Promise<void> {
      stopping.abort();
      launcher.dispose();
      for (const each of disposables) each.dispose();
      telling.close();
      await Promise.all(threads.map((thread) => thread.close()));
      questions.dispose();
      if (endAgents) await endAll(core, journal.enqueue);
      try {
        journal.flush();
      } catch (error) {
        report('the last writes failed')(error);
      }
      journal.close();
      root.stop();
      await leaveHost(endAgents).catch(report('the pty host could not be ended'));
      await core.host().disconnect();
      database.close();
    },
  };
}
