import { statfs } from 'node:fs/promises';
import { within } from '../../services/deadline/within.ts';
import type { EventLoopDelay } from '../../services/health/event-loop.ts';
import type { DatabaseFacts } from '../../services/health/look-at-database.ts';
import type { PtyHost } from '../../services/pty/pty-host.ts';
import type { SlotView } from '../mission/views.ts';
import type { HealthCheck } from './health-views.ts';

const MB = 1024 * 1024;
/** A day of a busy team writes some hundred megabytes; below the other nothing can be relied on. */
const FREE_WARN = 2_048 * MB;
const FREE_FAIL = 256 * MB;
/** Writes wait for the lock of others for five seconds. */
const DATABASE_WARN_MS = 1_000;
/** Whoever types at a terminal notices the one; hooks run into their time limits with the other. */
const LOOP_WARN_MS = 250;
const LOOP_FAIL_MS = 5_000;
/** Tasks take minutes; in an hour something should have become free. */
const QUEUE_WARN_MS = 60 * 60_000;
const HOST_ANSWERS_WITHIN_MS = 5_000;
/** As much as Node gives itself by default on most machines; then it ends. */
const MEMORY_WARN = 1_536 * MB;

const minutes = (ms: number): string => `${Math.round(ms / 60_000)} min`;
const megabytes = (bytes: number): string => `${Math.round(bytes / MB)} MB`;

export function judgeDatabase({ ms, bytes }: DatabaseFacts): HealthCheck {
  const detail = `written to, read and checked in ${ms} ms; ${megabytes(bytes)}`;
  if (ms <= DATABASE_WARN_MS) return { check: 'database', result: 'ok', detail };
  return {
    check: 'database',
    result: 'warn',
    detail,
    remedy: 'Another program may hold it, or the disk is slow.',
  };
}

export async function judgeDisk(home: string): Promise<HealthCheck> {
  const { bavail, bsize } = await statfs(home);
  const free = bavail * bsize;
  const result = free < FREE_FAIL ? 'fail' : free < FREE_WARN ? 'warn' : 'ok';
  return {
    check: 'disk',
    result,
    detail: `${megabytes(free)} free where ${home} lies`,
    ...(result === 'ok'
      ? {}
      : { remedy: 'Make room: `missiond logs clean --older-than 7d`, `missiond cleanup`, worktrees.' }),
  };
}

export function judgeLoop({ p50, p99, most }: EventLoopDelay): HealthCheck {
  const result = p99 > LOOP_FAIL_MS ? 'fail' : p99 > LOOP_WARN_MS ? 'warn' : 'ok';
  return {
    check: 'event loop',
    result,
    detail: `late by ${p50} ms as a rule, ${p99} ms in 1 of 100, ${most} ms at most in a minute`,
    ...(result === 'ok' ? {} : { remedy: 'The machine is overloaded, or something large is being done.' }),
  };
}

export function judgeMemory(rss: number): HealthCheck {
  const isMuch = rss > MEMORY_WARN;
  return {
    check: 'memory',
    result: isMuch ? 'warn' : 'ok',
    detail: megabytes(rss),
    ...(isMuch ? { remedy: '`missiond down --keep-agents` and `up` give it back; agents work on.' } : {}),
  };
}

export async function judgeHost(host: Pick<PtyHost, 'list'>, signal: AbortSignal): Promise<HealthCheck> {
  const late = within(HOST_ANSWERS_WITHIN_MS, signal);
  const ended = new Promise<never>((_, reject) => {
    late.addEventListener('abort', () => reject(new Error('it does not answer')), { once: true });
  });
  const held = await Promise.race([host.list(), ended]);
  const running = held.filter(({ exit }) => exit === null).length;
  return { check: 'pty host', result: 'ok', detail: `holds ${running} running terminals` };
}

export function judgeQueue(queued: number, oldestAt: number | null, now: number): HealthCheck {
  const waited = oldestAt === null ? 0 : now - oldestAt;
  const isLong = waited > QUEUE_WARN_MS;
  return {
    check: 'queue',
    result: isLong ? 'warn' : 'ok',
    detail: queued === 0 ? 'nothing waits' : `${queued} wait, the oldest for ${minutes(waited)}`,
    ...(isLong ? { remedy: '`missiond tasks` and `missiond status` say what for.' } : {}),
  };
}

/** What of a slot keeps it from working, and a person may have to mend. */
function troubleOf({ slotId, status, health, trouble }: SlotView): string | null {
  if (status === 'quarantined' || status === 'crashed') return `${slotId} is ${status}`;
  if (health === 'stuck') return `${slotId} is stuck`;
  return trouble === undefined ? null : `${slotId}: ${trouble}`;
}

export function judgeSlots(slots: readonly SlotView[]): HealthCheck {
  const troubles = slots.map(troubleOf).filter((trouble) => trouble !== null);
  return {
    check: 'slots',
    result: troubles.length === 0 ? 'ok' : 'warn',
    detail:
      troubles.length === 0 ? `${slots.length} slots, none in trouble` : troubles.slice(0, 20).join('; '),
    ...(troubles.length === 0 ? {} : { remedy: '`missiond status` and `missiond explain SLOT` say why.' }),
  };
}
