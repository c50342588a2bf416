import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** A process with the time it was started, so that a reused id is not taken for it. */
export interface ProcessMark {
  readonly pid: number;
  /** Clock ticks since boot on Linux, a date elsewhere; only compared. */
  readonly started: string;
}

interface ProcessFacts extends ProcessMark {
  readonly parent: number;
  readonly session: number;
}

/** One process of /proc; undefined when it is gone. The name in brackets may hold spaces and brackets itself. */
function readStat(pid: number): ProcessFacts | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state, parent, , session] = fields;
    if (state === 'Z') return undefined;
    return { pid, parent: Number(parent), session: Number(session), started: fields[19] ?? '' };
  } catch {
    return undefined;
  }
}

function listProcesses(): ProcessFacts[] {
  if (process.platform === 'linux') {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((name) => readStat(Number(name)))
      .filter((facts) => facts !== undefined);
  }
  // macOS shows no session id; the process group of a terminal's leader stands in for it.
  const table = execFileSync('ps', ['-axo', 'pid=,ppid=,pgid=,lstart='], { encoding: 'utf8' });
  return table.split('\n').flatMap((line) => {
    const match = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(.+)$/.exec(line);
    return match === null
      ? []
      : [
          {
            pid: Number(match[1]),
            parent: Number(match[2]),
            session: Number(match[3]),
            started: match[4] ?? '',
          },
        ];
  });
}

/**
 * The leader of a terminal, everything in its session, and every descendant, also one that began a session of its own.
 * Taken before anything is killed, since orphans lose their parent.
 */
export function processTree(leader: number): readonly ProcessMark[] {
  const all = listProcesses();
  const found = new Map<number, ProcessFacts>();
  const add = (facts: ProcessFacts): void => {
    if (found.has(facts.pid) || facts.pid === process.pid) return;
    found.set(facts.pid, facts);
    for (const child of all) if (child.parent === facts.pid) add(child);
  };
  for (const facts of all) if (facts.pid === leader || facts.session === leader) add(facts);
  return [...found.values()].map(({ pid, started }) => ({ pid, started }));
}

/** True while that very process (not another one with its id) lives. */
export function isAlive({ pid, started }: ProcessMark): boolean {
  if (process.platform === 'linux') return readStat(pid)?.started === started;
  return listProcesses().some((facts) => facts.pid === pid && facts.started === started);
}

/** Signals those that still live; one that ended in between is no error. */
export function signalAll(marks: readonly ProcessMark[], signal: NodeJS.Signals): void {
  for (const mark of marks) {
    if (!isAlive(mark)) continue;
    try {
      process.kill(mark.pid, signal);
    } catch {
      // Gone between the look and the signal.
    }
  }
}
