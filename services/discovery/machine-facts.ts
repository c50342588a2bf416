import { clean, named, partsOf } from './answer-parts.ts';

/** What a machine has told of itself. What it did not tell is absent. */
export interface MachineFacts {
  readonly hostname?: string;
  readonly os?: string;
  readonly kernel?: string;
  readonly architecture?: string;
  readonly cpus?: number;
  readonly memoryMb?: number;
  readonly virtualization?: string;
  readonly disks: readonly {
    readonly mount: string;
    readonly sizeGb: number;
    readonly usedPercent: number;
  }[];
  readonly addresses: readonly string[];
  readonly listeningPorts: readonly number[];
  readonly containers: readonly { readonly name: string; readonly image: string }[];
}

/** `Red Hat Enterprise Linux 9.4 (Plow)` is among the longest. */
const OS_NAME = /^[\p{L}\p{N} .()/+-]{0,45}/u;
const MOST_ROWS = 50;
const KB_PER_GB = 1024 * 1024;
const BYTES_PER_MB = 1024 * 1024;
/** Of the system itself, or of memory. */
const NO_DISK = /^(?:tmpfs|devtmpfs|overlay|udev|none|shm|map|efivarfs|squashfs|\/dev\/loop\d)/;
const DISK = /^(\S+)\s+(\d+)\s+\d+\s+\d+\s+(\d+)%\s+(\/.*)$/;

const osName = (text: string): string => OS_NAME.exec(clean(text))?.[0].trim() ?? '';

/** `PRETTY_NAME="Debian 12"` of os-release, or what sw_vers says. */
function osOf(lines: readonly string[]): string | undefined {
  const pretty = lines.find((line) => line.startsWith('PRETTY_NAME='));
  if (pretty !== undefined) return osName(pretty.slice('PRETTY_NAME='.length).replaceAll('"', ''));
  const told = (name: string) => lines.find((line) => line.startsWith(`${name}:`))?.slice(name.length + 1);
  const [product, version] = [told('ProductName'), told('ProductVersion')];
  return product === undefined ? undefined : osName(`${product} ${version ?? ''}`);
}

function numberIn(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text.trim()) ? Number(text) : undefined;
}

function disksOf(lines: readonly string[]): MachineFacts['disks'] {
  return lines.flatMap((line) => {
    const [, source = '', size = '', used = '', mount = ''] = DISK.exec(line) ?? [];
    if (source === '' || NO_DISK.test(source) || /^\/(?:boot|snap|System)\b/.test(mount)) return [];
    return [{ mount: named(mount), sizeGb: Math.round(Number(size) / KB_PER_GB), usedPercent: Number(used) }];
  });
}

function portsOf(lines: readonly string[]): readonly number[] {
  const ports = lines.flatMap((line) => {
    const port = /:(\d{1,5})$/.exec(line.trim().split(/\s+/)[3] ?? '')?.[1];
    return port === undefined ? [] : [Number(port)];
  });
  return [...new Set(ports)].sort((a, b) => a - b).slice(0, MOST_ROWS);
}

function containersOf(lines: readonly string[]): MachineFacts['containers'] {
  return lines.slice(0, MOST_ROWS).flatMap((line) => {
    const [name = '', image = ''] = line.split('\t');
    return image === '' ? [] : [{ name: named(name), image: named(image) }];
  });
}

const isTold = (value: unknown): boolean => value !== undefined && value !== '';

/** Reads what the probe has printed; null when it did not run to its end. Nothing of it is believed to be well formed. */
export function readFacts(output: string): MachineFacts | null {
  const parts = partsOf(output);
  if (!parts.has('end')) return null;
  const lines = (part: string): readonly string[] => parts.get(part) ?? [];
  const first = (part: string, index = 0): string => named(lines(part)[index] ?? '');
  const memory = numberIn(lines('memory')[0]);
  const single = {
    hostname: first('hostname'),
    os: osOf(lines('os')),
    kernel: clean(`${first('kernel')} ${first('kernel', 1)}`),
    architecture: first('kernel', 2),
    cpus: numberIn(lines('cpus')[0]),
    memoryMb: memory === undefined ? undefined : Math.round(memory / BYTES_PER_MB),
    virtualization: first('virtualization').replace(/^none$/, ''),
  };
  return {
    ...Object.fromEntries(Object.entries(single).filter(([, value]) => isTold(value))),
    disks: disksOf(lines('disks')).slice(0, MOST_ROWS),
    addresses: lines('addresses')
      .flatMap((line) => clean(line).split(' '))
      .filter((address) => /^[0-9a-f.:]+$/i.test(address) && !/^(?:127\.|::1$|fe80:)/i.test(address))
      .slice(0, MOST_ROWS),
    listeningPorts: portsOf(lines('listening')),
    containers: containersOf(lines('containers')),
  };
}

const listed = (name: string, words: readonly (string | number)[]): readonly string[] =>
  words.length === 0 ? [] : [`${name} ${words.slice(0, 12).join(', ')}${words.length > 12 ? ', …' : ''}`];

/** One sentence of it. */
export function factsInWords(target: string, facts: MachineFacts): string {
  const { hostname, os, kernel, architecture, cpus, memoryMb, virtualization } = facts;
  const words = [
    os ?? kernel ?? 'a system that does not tell its name',
    ...(architecture === undefined ? [] : [architecture]),
    ...(cpus === undefined ? [] : [`${cpus} ${cpus === 1 ? 'CPU' : 'CPUs'}`]),
    ...(memoryMb === undefined ? [] : [`${Math.round(memoryMb / 102.4) / 10} GB of memory`]),
    ...(virtualization === undefined ? [] : [`runs in ${virtualization}`]),
    ...listed(
      'disks:',
      facts.disks.map(({ mount, sizeGb }) => `${mount} ${sizeGb} GB`),
    ),
    ...listed('listens on', facts.listeningPorts),
    ...listed(
      'containers:',
      facts.containers.map(({ name }) => name),
    ),
  ];
  const name = hostname === undefined || hostname === target ? target : `${target} (${hostname})`;
  return `${name}: ${words.join('; ')}`;
}
