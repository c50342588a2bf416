import { clean, named, partsOf } from '../discovery/answer-parts.ts';
import type { Severity } from './reachability/check-reachability.ts';

const DISK = /^(\S+)\s+(\d+)\s+\d+\s+\d+\s+(\d+)%\s+(\/.*)$/;
/** Of the system itself, or full by nature. */
const NO_DISK = /^(?:tmpfs|devtmpfs|udev|none|shm|map|efivarfs|squashfs|\/dev\/loop\d|\/dev\/sr\d)/;
const PROCESS = /^\s*(\d+)\s+([\d.]+)\s+(\d+)\s+(.+)$/;
const KB_PER_MB = 1_024;
const KB_PER_GB = KB_PER_MB * KB_PER_MB;
const MOST_DISKS = 50;

export interface ProcessUse {
  readonly pid: number;
  readonly cpuPercent: number;
  readonly memoryMb: number;
  readonly name: string;
}

/** How a machine is. What it did not tell is absent. */
export interface Diagnosis {
  readonly severity: Severity;
  /** Why it is not green. */
  readonly reasons: readonly string[];
  readonly hostname: string;
  readonly kernel: string;
  readonly uptimeSeconds?: number;
  readonly cpus?: number;
  /** Over 1, 5 and 15 minutes. */
  readonly load?: readonly number[];
  readonly memory?: { readonly totalMb: number; readonly availableMb: number; readonly swapUsedMb: number };
  readonly disks: readonly {
    readonly mount: string;
    readonly sizeGb: number;
    readonly usedPercent: number;
  }[];
  /** Over their whole life, as ps tells it. */
  readonly topCpu: readonly ProcessUse[];
  readonly topMemory: readonly ProcessUse[];
  /** Programs that the kernel has ended in the last day for want of memory. */
  readonly outOfMemory: readonly string[];
  readonly crashes: readonly string[];
}

/** Limits of missiond, where they are right: a load of one minute is a moment, so it is that of five. */
const DISK_RED = 90;
const DISK_YELLOW = 80;
const MEMORY_RED_PERCENT = 3;
const MEMORY_YELLOW_PERCENT = 10;
const LOAD_RED_PER_CPU = 2;
const LOAD_YELLOW_PER_CPU = 1;

function processesOf(lines: readonly string[]): readonly ProcessUse[] {
  return lines.flatMap((line) => {
    const [, pid, cpu, rss, name = ''] = PROCESS.exec(line) ?? [];
    if (pid === undefined) return [];
    return [
      {
        pid: Number(pid),
        cpuPercent: Number(cpu),
        memoryMb: Math.round(Number(rss) / KB_PER_MB),
        // macOS tells the whole way to the program.
        name: named(name.split('/').at(-1) ?? ''),
      },
    ];
  });
}

function memoryOf(lines: readonly string[]): Diagnosis['memory'] {
  const mb = (field: string): number | undefined => {
    const kb = lines.map((line) => new RegExp(`^${field}:\\s+(\\d+) kB`).exec(line)?.[1]).find(Boolean);
    return kb === undefined ? undefined : Math.round(Number(kb) / KB_PER_MB);
  };
  const [totalMb, availableMb] = [mb('MemTotal'), mb('MemAvailable')];
  if (totalMb === undefined || availableMb === undefined) return undefined;
  return { totalMb, availableMb, swapUsedMb: (mb('SwapTotal') ?? 0) - (mb('SwapFree') ?? 0) };
}

function uptimeOf(text: string, now: number): number | undefined {
  const boot = /sec = (\d+)/.exec(text)?.[1];
  if (boot !== undefined) return Math.round(now / 1_000) - Number(boot);
  return /^\d+(?:\.\d+)?$/.test(text.trim()) ? Math.round(Number(text)) : undefined;
}

type Finding = readonly [severity: Severity, reason: string];
const above = (value: number, red: number, yellow: number, reason: string): readonly Finding[] =>
  value > red ? [['red', reason]] : value > yellow ? [['yellow', reason]] : [];

function findingsOf(facts: Omit<Diagnosis, 'severity' | 'reasons'>): readonly Finding[] {
  const { disks, memory, load, cpus, outOfMemory, crashes } = facts;
  const five = load?.[1];
  const free = memory === undefined ? 100 : (memory.availableMb / Math.max(1, memory.totalMb)) * 100;
  return [
    ...disks.flatMap(({ mount, usedPercent }) =>
      above(usedPercent, DISK_RED, DISK_YELLOW, `${mount} is ${usedPercent}% full`),
    ),
    ...above(
      100 - free,
      100 - MEMORY_RED_PERCENT,
      100 - MEMORY_YELLOW_PERCENT,
      `${Math.round(free)}% of the memory is left`,
    ),
    ...(five === undefined || cpus === undefined
      ? []
      : above(
          five / cpus,
          LOAD_RED_PER_CPU,
          LOAD_YELLOW_PER_CPU,
          `a load of ${five} on ${cpus} CPUs for five minutes`,
        )),
    ...outOfMemory.map((line): Finding => ['yellow', `ended for want of memory: ${line}`]),
    ...(crashes.length === 0 ? [] : [['yellow', `${crashes.length} files in /var/crash`] as const]),
  ];
}

/** Reads what the script has printed. Nothing of it is believed to be well formed. */
export function readDiagnosis(output: string, now: number): Diagnosis {
  const parts = partsOf(output);
  const lines = (part: string): readonly string[] => parts.get(part) ?? [];
  const cpus = Number(lines('cpus')[0]);
  const load = [...(lines('load')[0] ?? '').matchAll(/\d+\.\d+/g)].slice(0, 3).map(([text]) => Number(text));
  const uptimeSeconds = uptimeOf(lines('uptime')[0] ?? '', now);
  const memory = memoryOf(lines('memory'));
  const facts = {
    hostname: named(lines('hostname')[0] ?? ''),
    kernel: lines('kernel').slice(0, 3).map(named).join(' '),
    ...(uptimeSeconds === undefined ? {} : { uptimeSeconds }),
    ...(cpus > 0 ? { cpus } : {}),
    ...(load.length === 3 ? { load } : {}),
    ...(memory === undefined ? {} : { memory }),
    disks: lines('disks')
      .flatMap((line) => {
        const [, source = '', size = '', used = '', mount = ''] = DISK.exec(line) ?? [];
        if (source === '' || NO_DISK.test(source) || /^\/(?:snap|System)\b/.test(mount)) return [];
        return [
          { mount: named(mount), sizeGb: Math.round(Number(size) / KB_PER_GB), usedPercent: Number(used) },
        ];
      })
      .slice(0, MOST_DISKS),
    topCpu: processesOf(lines('processes')),
    topMemory: processesOf(lines('hungry')),
    // It names a program as that program wants: only what looks like a name is told.
    outOfMemory: lines('oom').map((line) =>
      named(/killed process \d+ \(([^)]*)\)/i.exec(clean(line))?.[1] ?? '?'),
    ),
    crashes: lines('crashes').map(named),
  };
  const findings = findingsOf(facts);
  const worst = (['red', 'yellow'] as const).find((one) => findings.some(([severity]) => severity === one));
  return { ...facts, severity: worst ?? 'green', reasons: findings.map(([, reason]) => reason) };
}
