import { setTimeout as wait } from 'node:timers/promises';
import { isAlive, type ProcessMark, processTree, stillAlive, type TreeRoot } from './process-tree.ts';

/** How often it is looked whether a process that was told to end has ended. */
const END_POLL_MS = 20;
/** A killed process is gone within this, unless the kernel itself is stuck on it. */
const KILL_AT_MOST_MS = 2_000;

/** Signals those that still live; one that ended in between is no error. */
export function signalAll(marks: readonly ProcessMark[], signal: NodeJS.Signals): void {
  for (const { pid } of stillAlive(marks)) {
    try {
      process.kill(pid, signal);
    } catch {
      // Gone between the look and the signal.
    }
  }
}

/** Signals the group of a process, as its terminal does at Ctrl+C: not what was put into groups of its own. */
export function signalGroup(leader: ProcessMark, signal: NodeJS.Signals): void {
  if (!isAlive(leader)) return;
  try {
    process.kill(-leader.pid, signal);
  } catch {
    // A program that was started this moment has no group of its own yet.
    signalAll([leader], signal);
  }
}

/** Waits until none of them lives, or the time is over. */
async function allGone(marks: readonly ProcessMark[], ms: number): Promise<boolean> {
  const deadline = Date.now() + ms;
  for (let alive = marks; ; ) {
    alive = stillAlive(alive);
    if (alive.length === 0) return true;
    if (Date.now() >= deadline) return false;
    await wait(END_POLL_MS);
  }
}

/**
 * Ends everything that belongs to a terminal: TERM; HUP at half of the grace, for interactive shells, which ignore TERM
 * (and not before, since few programs that tidy up at TERM do so at HUP); KILL to what is left after `graceMs`.
 * @returns false when something could not be killed (a process that the kernel holds in uninterruptible sleep)
 */
export async function endProcessTree(root: TreeRoot, graceMs: number): Promise<boolean> {
  // Taken before anything is signalled: orphans lose their parent.
  let known = processTree(root);
  signalAll(known, 'SIGTERM');
  if (!(await allGone(known, graceMs / 2))) {
    signalAll(known, 'SIGHUP');
    await allGone(known, graceMs / 2);
  }
  const deadline = Date.now() + KILL_AT_MOST_MS;
  for (;;) {
    // Looked for again each time: something may have been started while the others were ended.
    known = [...stillAlive(known), ...processTree(root)];
    if (known.length === 0) return true;
    if (Date.now() >= deadline) return false;
    signalAll(known, 'SIGKILL');
    await allGone(known, END_POLL_MS);
  }
}
