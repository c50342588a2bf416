import { messageOf } from '../errors/message-of.ts';
import type { NoticeLedger, NoticeRow } from '../ledger/notice-ledger.ts';
import type { Receiver } from './receivers.ts';

const FIRST_PAUSE_MS = 2_000;
const LONGEST_PAUSE_MS = 10 * 60_000;
/** A receiver that was away over a long weekend still hears; after that it hears of the news only. */
const TRIED_FOR_MS = 4 * 24 * 60 * 60_000;
/** The database is locked or full. */
const LEDGER_AGAIN_MS = 1_000;
/** Up to a fifth longer or shorter, so that many daemons do not knock together. */
const JITTER = 0.2;

export interface NoticeDeliveryDependencies {
  readonly ledger: NoticeLedger;
  readonly receivers: readonly Receiver[];
  readonly now: () => number;
  readonly send: (receiver: Receiver, notice: NoticeRow, signal: AbortSignal) => Promise<void>;
  /** Told of every attempt that failed and of what is given up. Never of secrets. */
  readonly report: (facts: Readonly<Record<string, unknown>>, message: string) => void;
}

export interface NoticeDelivery {
  /** Something new may wait. */
  wake(): void;
  close(): void;
}

/** How long to wait after so many attempts, in milliseconds. */
function pauseAfter(attempts: number): number {
  const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (attempts - 1));
  return pause * (1 + JITTER * (2 * Math.random() - 1));
}

/**
 * Empties the outbox: to each receiver one after the other, oldest first, again and again until it is taken. Receivers
 * do not wait for each other, and nobody waits for them. What is taken while the daemon dies is sent again: every
 * notice has an id.
 */
export function createNoticeDelivery({
  ledger,
  receivers,
  now,
  send,
  report,
}: NoticeDeliveryDependencies): NoticeDelivery {
  const stopping = new AbortController();
  const timers = new Map<string, NodeJS.Timeout>();
  const busy = new Set<string>();
  /** How often in a row a receiver took nothing: it is left alone for longer and longer. */
  const failures = new Map<string, number>();

  function later(receiver: Receiver, ms: number): void {
    clearTimeout(timers.get(receiver.id));
    if (stopping.signal.aborted) return;
    // A clock that was set back must not silence a receiver for hours.
    const timer = setTimeout(() => start(receiver), Math.min(ms, LONGEST_PAUSE_MS));
    timers.set(receiver.id, timer);
  }

  const taken = new Set<NoticeRow['id']>();

  /** @returns whether it was taken */
  async function attempt(receiver: Receiver, notice: NoticeRow): Promise<boolean> {
    const attempts = notice.attempts + 1;
    // Taken before, and that could not be written down: it is not sent again.
    const failure = taken.has(notice.id)
      ? null
      : await send(receiver, notice, stopping.signal).then(() => null, messageOf);
    if (stopping.signal.aborted) return false;
    if (failure === null) {
      taken.add(notice.id);
      ledger.update(notice.id, { status: 'delivered', attempts, endedAt: now(), failure });
      taken.delete(notice.id);
      return true;
    }
    const over = now() - notice.createdAt > TRIED_FOR_MS;
    report(
      { receiver: receiver.shownAs, event: notice.event, id: notice.id, attempts, failure },
      over ? 'a notice is given up' : 'a notice was not taken',
    );
    ledger.update(notice.id, {
      attempts,
      failure,
      // It goes behind the others: one that is never taken must not keep them.
      nextAttemptAt: now() + pauseAfter(attempts),
      ...(over ? { status: 'abandoned' as const, endedAt: now() } : {}),
    });
    return false;
  }

  async function empty(receiver: Receiver): Promise<void> {
    while (!stopping.signal.aborted) {
      const notice = ledger.nextFor(receiver.id);
      if (notice === undefined) return;
      const wait = notice.nextAttemptAt - now();
      if (wait > 0) return later(receiver, wait);
      if (await attempt(receiver, notice)) failures.delete(receiver.id);
      else {
        const count = (failures.get(receiver.id) ?? 0) + 1;
        failures.set(receiver.id, count);
        return later(receiver, pauseAfter(count));
      }
    }
  }

  function start(receiver: Receiver): void {
    if (busy.has(receiver.id) || stopping.signal.aborted) return;
    clearTimeout(timers.get(receiver.id));
    timers.delete(receiver.id);
    busy.add(receiver.id);
    empty(receiver)
      .catch((error: unknown) => {
        if (stopping.signal.aborted) return;
        report(
          { receiver: receiver.shownAs, failure: String(error) },
          'the outbox could not be read or written',
        );
        later(receiver, LEDGER_AGAIN_MS);
      })
      .finally(() => busy.delete(receiver.id));
  }

  return {
    wake() {
      // One that took nothing is woken by its own timer.
      for (const receiver of receivers) if (!timers.has(receiver.id)) start(receiver);
    },
    close() {
      stopping.abort();
      for (const timer of timers.values()) clearTimeout(timer);
    },
  };
}
