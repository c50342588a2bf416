import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export type ProcessKind = 'daemon' | 'host' | 'bridge' | 'agent' | 'other';

export interface RunProcess {
  readonly pid: number;
  readonly kind: ProcessKind;
  readonly command: string;
}

const KINDS: readonly (readonly [RegExp, ProcessKind])[] = [
  [/cli\/missiond\.js up --foreground/, 'daemon'],
  [/pty-host\/main\.js/, 'host'],
  [/mission-mcp/, 'bridge'],
  [/--(?:session-id|resume) .*--settings /, 'agent'],
];

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    // It has ended meanwhile.
    return '';
  }
}

/** Ended, and waiting for its parent to notice. */
function isZombie(pid: number): boolean {
  const stat = read(`/proc/${pid}/stat`);
  return stat === '' || stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z');
}

/** The living processes that know of the folder of a run, by an argument or by their environment; this one not among them. */
export function processesOfRun(directory: string): readonly RunProcess[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map((name) => ({ pid: Number(name), command: read(`/proc/${name}/cmdline`).replaceAll('\0', ' ') }))
    .filter(
      ({ pid, command }) => command.includes(directory) || read(`/proc/${pid}/environ`).includes(directory),
    )
    .filter(({ pid }) => !isZombie(pid))
    .map(({ pid, command }) => ({
      pid,
      command,
      kind: KINDS.find(([pattern]) => pattern.test(command))?.[1] ?? 'other',
    }));
}

/** False when the process has ended meanwhile. */
export function sendSignal(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

export interface Footprint {
  readonly residentMegabytes: number;
  readonly descriptors: number;
  /** What the descriptors are, by kind. */
  readonly kinds: Readonly<Record<string, number>>;
}

function kindOf(target: string): string {
  if (/ptmx|\/dev\/pts\//.test(target)) return 'terminal';
  return /^([a-z_]+):/.exec(target)?.[1] ?? (target.endsWith('(deleted)') ? 'deleted' : 'file');
}

/** Nothing of one that was closed this moment. */
function targetOf(descriptor: string): readonly string[] {
  try {
    return [readlinkSync(descriptor)];
  } catch {
    return [];
  }
}

/** What a living process holds; null when it has ended. */
export function footprintOf(pid: number): Footprint | null {
  const kinds: Record<string, number> = {};
  try {
    const targets = readdirSync(`/proc/${pid}/fd`).flatMap((name) => targetOf(`/proc/${pid}/fd/${name}`));
    for (const target of targets) kinds[kindOf(target)] = (kinds[kindOf(target)] ?? 0) + 1;
    const resident = Number(/VmRSS:\s+(\d+) kB/.exec(read(`/proc/${pid}/status`))?.[1] ?? 0);
    return { residentMegabytes: Math.round(resident / 1024), descriptors: targets.length, kinds };
  } catch {
    return null;
  }
}
