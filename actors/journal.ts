import { setTimeout as sleep } from 'node:timers/promises';
import type { AnyActorRef, InspectionEvent, Snapshot } from 'xstate';
import { atOnce } from '../db/at-once.ts';
import type { MissionDatabase } from '../db/open.ts';

/** A failed write (full disk, locked database) is tried again after this; nothing is forgotten meanwhile. */
const RETRY_MS = 1_000;

/** One kind of actor that is written down. Recognised by the start of its id. */
export interface Recorder {
  readonly idPrefix: string;
  /** Called inside the transaction with the latest snapshot of an actor that moved since the last write. */
  write(actorRef: AnyActorRef): void;
  /** Called after the transaction, so that nobody hears of what is not stored. */
  publish(actorRef: AnyActorRef): void;
}

export interface Journal {
  /** Given to the root actor: sees every actor of the system. Never throws. */
  inspect(event: InspectionEvent): void;
  /** Marks an actor as moved although its own snapshot did not change (a question was asked in its slot). */
  touch(actorRef: AnyActorRef): void;
  /** Adds a write to the next transaction. */
  enqueue(write: () => void): void;
  /** Resolves when everything that is pending is stored, however long the disk takes. Rejects when `signal` aborts. */
  written(signal: AbortSignal): Promise<void>;
  /** Writes what is pending now. Throws what the database throws. */
  flush(): void;
  close(): void;
}

function isActor(candidate: unknown): candidate is AnyActorRef {
  return (
    typeof candidate === 'object' && candidate !== null && 'id' in candidate && 'getSnapshot' in candidate
  );
}

/**
 * Writes what actors become: everything of one tick in one transaction, then tells the world.
 * An actor that moves many times within a tick is written once, in its last state.
 */
export function createJournal(
  db: MissionDatabase,
  recorders: readonly Recorder[],
  report: (error: unknown) => void,
): Journal {
  const moved = new Map<AnyActorRef, Recorder>();
  let writes: (() => void)[] = [];
  let scheduled: NodeJS.Immediate | undefined;
  let retry: NodeJS.Timeout | undefined;
  let closed = false;

  function commit(): void {
    if (moved.size === 0 && writes.length === 0) return;
    const actors = [...moved];
    const pending = writes;
    atOnce(db, () => {
      for (const write of pending) write();
      for (const [actorRef, recorder] of actors) recorder.write(actorRef);
    });
    // Only now: a failed transaction keeps everything for the next try.
    writes = writes.slice(pending.length);
    for (const [actorRef] of actors) moved.delete(actorRef);
    for (const [actorRef, recorder] of actors) {
      try {
        recorder.publish(actorRef);
      } catch (error) {
        report(error);
      }
    }
  }

  function tryCommit(): void {
    scheduled = undefined;
    try {
      commit();
    } catch (error) {
      report(error);
      retry ??= setTimeout(() => {
        retry = undefined;
        tryCommit();
      }, RETRY_MS);
    }
  }

  function schedule(): void {
    if (!closed) scheduled ??= setImmediate(tryCommit);
  }

  function mark(actorRef: AnyActorRef): void {
    const recorder = recorders.find(({ idPrefix }) => actorRef.id.startsWith(idPrefix));
    if (recorder === undefined) return;
    moved.set(actorRef, recorder);
    schedule();
  }

  return {
    inspect(event) {
      if (event.type !== '@xstate.snapshot' || closed) return;
      try {
        if (isActor(event.actorRef)) mark(event.actorRef);
      } catch (error) {
        report(error);
      }
    },
    touch: mark,
    enqueue(write) {
      writes.push(write);
      schedule();
    },
    async written(signal) {
      // What fails here is reported by the journal's own tries.
      for (let stored = false; !stored; ) {
        try {
          commit();
          stored = true;
        } catch {
          await sleep(RETRY_MS, undefined, { signal });
        }
      }
    },
    flush() {
      commit();
    },
    close() {
      closed = true;
      clearImmediate(scheduled);
      clearTimeout(retry);
    },
  };
}

/** Snapshots are stored with this number; from a stored one of another number nothing is restored: the columns say enough. */
export const SNAPSHOT_VERSION = 15;

/** The plain JSON of an actor, its invoked children included. */
export function persisted(actorRef: AnyActorRef): Snapshot<unknown> {
  return actorRef.getPersistedSnapshot();
}
