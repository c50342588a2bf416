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
  /** Session on Linux; on macOS, whose `ps` shows none, the process group stands in for it. */
  readonly session: number;
}

/**
 * One process of /proc (proc(5)); undefined when it is gone or only waits to be reaped.
 * The name, in brackets, may hold spaces and brackets itself.
 */
function readStat(pid: number): ProcessFacts | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state, parent, , session, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (state === 'Z' || state === 'X') return undefined;
    // starttime is field 22 of the file, so the 16th after the session.
    return { pid, parent: Number(parent), session: Number(session), started: rest[15] ?? '' };
  } catch {
    return undefined;
  }
}

function listByPs(): ProcessFacts[] {
  const table = execFileSync('ps', ['-axo', 'pid=,ppid=,pgid=,stat=,lstart='], { encoding: 'utf8' });
  return table.split('\n').flatMap((line) => {
    const [, pid, parent, session, state, started] =
      /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(.+)$/.exec(line) ?? [];
    if (started === undefined || state?.startsWith('Z') === true) return [];
    return [{ pid: Number(pid), parent: Number(parent), session: Number(session), started }];
  });
}

/** Every living process. A few milliseconds on Linux; a run of `ps` elsewhere. */
function listProcesses(): readonly ProcessFacts[] {
  if (process.platform !== 'linux') return listByPs();
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => readStat(Number(name)))
    .filter((facts) => facts !== undefined);
}

/** The process that has this id now; undefined when there is none. */
export function markOf(pid: number): ProcessMark | undefined {
  const facts = process.platform === 'linux' ? readStat(pid) : listByPs().find((one) => one.pid === pid);
  return facts === undefined ? undefined : { pid, started: facts.started };
}

/** Those of the marked processes (not others with their ids) that live. */
export function stillAlive(marks: readonly ProcessMark[]): readonly ProcessMark[] {
  if (process.platform === 'linux')
    return marks.filter(({ pid, started }) => readStat(pid)?.started === started);
  if (marks.length === 0) return [];
  const now = new Map(listByPs().map(({ pid, started }) => [pid, started]));
  return marks.filter(({ pid, started }) => now.get(pid) === started);
}

/** True while that very process (not another one with its id) lives. */
export function isAlive(mark: ProcessMark): boolean {
  return stillAlive([mark]).length > 0;
}

/** True when the process was started with `entry` (`NAME=value`) in its environment. Known on Linux only. */
function wasStartedWith(pid: number, entry: string): boolean {
  if (process.platform !== 'linux') return false;
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(entry);
  } catch {
    // Gone, or another user's.
    return false;
  }
}

/** What belongs to one terminal. */
export interface TreeRoot {
  /** Process id of the program in the terminal, which is also the id of its session. Null when nobody knows it any more. */
  readonly leader: number | null;
  /** Undefined when the program had ended before it could be looked at. */
  readonly mark: ProcessMark | undefined;
  /** `NAME=value` that only this terminal's processes have in their environment. */
  readonly entry: string;
  /** Processes that are never ended, nor what they started: the daemons that the host serves. */
  readonly spare: ReadonlySet<number>;
}

type Children = ReadonlyMap<number, readonly ProcessFacts[]>;

function byParent(all: readonly ProcessFacts[]): Children {
  const children = new Map<number, ProcessFacts[]>();
  for (const facts of all) {
    const siblings = children.get(facts.parent);
    if (siblings === undefined) children.set(facts.parent, [facts]);
    else siblings.push(facts);
  }
  return children;
}

/** Adds a process and its descendants. The host itself is neither taken nor looked into. */
function addFamily(facts: ProcessFacts, children: Children, into: Map<number, ProcessMark>): void {
  if (into.has(facts.pid) || facts.pid === process.pid) return;
  into.set(facts.pid, { pid: facts.pid, started: facts.started });
  for (const child of children.get(facts.pid) ?? []) addFamily(child, children, into);
}

/**
 * The program of a terminal, its session, every descendant, and what has left both: Claude Code starts commands in
 * sessions of their own, and one that became a daemon has another parent, but keeps the environment.
 */
export function processTree(root: TreeRoot): readonly ProcessMark[] {
  const all = listProcesses();
  const children = byParent(all);
  const spared = new Map<number, ProcessMark>();
  for (const facts of all) if (root.spare.has(facts.pid)) addFamily(facts, children, spared);
  // Its id may be somebody else's by now, and then so is the session of that number.
  const leader = all.find(({ pid }) => pid === root.leader);
  const reused = leader !== undefined && leader.started !== root.mark?.started;
  const found = new Map<number, ProcessMark>();
  for (const facts of all) {
    if (spared.has(facts.pid)) continue;
    const inSession = !reused && (facts.pid === root.leader || facts.session === root.leader);
    if (inSession || wasStartedWith(facts.pid, root.entry)) addFamily(facts, children, found);
  }
  return [...found.values()].filter(({ pid }) => !spared.has(pid));
}
