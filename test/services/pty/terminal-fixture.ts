import { randomUUID } from 'node:crypto';
import { Epoch, SlotId } from '../../../db/ids.ts';
import type {
  AttachHandlers,
  OutputChunk,
  PtyAttachment,
  PtyExit,
  PtyHost,
  PtySpec,
  TerminalSnapshot,
} from '../../../services/pty/pty-host.ts';

/** What is started in a test: a program of the system with nothing but the basics in its environment. */
export function programSpec(file: string, args: readonly string[], more: Partial<PtySpec> = {}): PtySpec {
  return {
    epoch: Epoch.parse(randomUUID()),
    slotId: SlotId.parse('one'),
    file,
    args,
    cwd: '/tmp',
    env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LANG: 'C.UTF-8', PS1: '$ ' },
    columns: 80,
    rows: 24,
    ...more,
  };
}

export const shell = (script: string, more: Partial<PtySpec> = {}): PtySpec =>
  programSpec('/bin/bash', ['--norc', '--noprofile', '-c', script], more);

export interface Watcher {
  readonly snapshots: TerminalSnapshot[];
  readonly chunks: OutputChunk[];
  readonly sizes: { readonly columns: number; readonly rows: number }[];
  readonly attachment: PtyAttachment;
  readonly exited: Promise<PtyExit>;
  /** Snapshots and output so far, in the order in which they came. */
  seen(): string;
  /** Resolves when everything seen holds the text. */
  until(text: string | RegExp): Promise<string>;
  untilSnapshots(count: number): Promise<void>;
}

/** More than one chunk of output. */
const NEW_CHARACTERS = 200_000;

/** Attaches and keeps what it is given; acknowledges at once unless told not to. */
export async function watch(
  host: Pick<PtyHost, 'attach'>,
  epoch: Epoch,
  options: { readonly since?: number; readonly acknowledge?: boolean } = {},
): Promise<Watcher> {
  const snapshots: TerminalSnapshot[] = [];
  const chunks: OutputChunk[] = [];
  const sizes: { columns: number; rows: number }[] = [];
  const checks = new Set<() => void>();
  let all = '';
  let attachment: PtyAttachment | undefined;
  let tellExit: (exit: PtyExit) => void = () => {};
  const exited = new Promise<PtyExit>((resolve) => {
    tellExit = resolve;
  });
  const taken = (data: string, sequence: number): void => {
    all += data;
    if (options.acknowledge !== false) attachment?.acknowledge(sequence);
    for (const check of [...checks]) check();
  };
  const handlers: AttachHandlers = {
    snapshot(snapshot) {
      snapshots.push(snapshot);
      taken(snapshot.data, snapshot.sequence);
    },
    output(chunk) {
      chunks.push(chunk);
      taken(chunk.data, chunk.sequence);
    },
    resized: (size) => sizes.push(size),
    exited: (exit) => tellExit(exit),
  };
  attachment = await host.attach(epoch, handlers, options.since);
  function when(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const check = (): void => {
        if (!condition()) return;
        checks.delete(check);
        resolve();
      };
      checks.add(check);
      check();
    });
  }
  return {
    snapshots,
    chunks,
    sizes,
    attachment,
    exited,
    seen: () => all,
    async until(text) {
      const fits = (where: string): boolean =>
        typeof text === 'string' ? where.includes(text) : text.test(where);
      // After a first look at everything only the end is new; a flood is not searched again and again.
      if (!fits(all)) await when(() => fits(all.slice(-NEW_CHARACTERS)));
      return all;
    },
    untilSnapshots: (count) => when(() => snapshots.length >= count),
  };
}
