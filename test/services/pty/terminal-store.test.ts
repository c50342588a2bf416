import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { EPOCH_VARIABLE } from '../../../services/pty/held-terminal.ts';
import { createInProcessPtyHost } from '../../../services/pty/in-process-pty-host.ts';
import { isAlive, markOf, type ProcessMark } from '../../../services/pty/process-tree.ts';
import type { PtyHost, PtyHostEvent } from '../../../services/pty/pty-host.ts';
import { MOST_UNACKNOWLEDGED_BYTES } from '../../../services/pty/viewer.ts';
import { programSpec, shell, watch } from './terminal-fixture.ts';

let host: PtyHost;
let events: PtyHostEvent[];
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'pty-store-'));
  host = createInProcessPtyHost();
  events = [];
  host.subscribe((event) => events.push(event));
});
afterEach(async () => {
  await host.disconnect();
  rmSync(folder, { recursive: true, force: true });
});

test('a program runs, is written to, and its exit comes after its last words', async () => {
  const spec = shell('read -r line; echo "got <$line>"; exit 7');
  const spawned = await host.spawn(spec);
  expect(spawned.ok).toBe(true);
  const watcher = await watch(host, spec.epoch);
  await host.write(spec.epoch, 'hello\r');
  const exit = await watcher.exited;
  expect(watcher.seen()).toContain('got <hello>');
  expect(exit).toMatchObject({ code: 7, signal: null });
  const [info] = await host.list();
  expect(info?.exit).toEqual(exit);
  expect(events.at(-1)).toEqual({ type: 'exit', epoch: spec.epoch, slotId: spec.slotId, exit });
});

test('the last words of a program that ends at once are not lost', async () => {
  const spec = shell('stty -echo; read -r _; seq 1 1500; echo "the last words"; exit 3');
  const runs = Array.from({ length: 20 }, () => ({ ...spec, epoch: programSpec('/bin/cat', []).epoch }));
  for (const run of runs) {
    await host.spawn(run);
    const watcher = await watch(host, run.epoch);
    await host.write(run.epoch, '\r');
    await watcher.exited;
    expect(watcher.seen()).toContain('the last words');
  }
});

test.runIf(process.platform === 'linux')(
  'what a killed host left of a terminal is ended, though this one never held it',
  async () => {
    const { epoch } = programSpec('/bin/cat', []);
    const orphan = spawn('setsid', ['sleep', '1000'], { env: { ...process.env, [EPOCH_VARIABLE]: epoch } });
    await once(orphan, 'spawn');
    const gone = once(orphan, 'exit');
    await expect(host.terminate(epoch, 100)).rejects.toMatchObject({ code: 'slot_not_running' });
    await gone;
  },
);

test('an ended terminal keeps its screen until it is forgotten', async () => {
  const spec = shell('echo last words');
  await host.spawn(spec);
  await (await watch(host, spec.epoch)).exited;
  expect(await host.text(spec.epoch)).toBe('last words');
  const late = await watch(host, spec.epoch);
  expect(late.snapshots[0]?.data).toContain('last words');
  await late.exited;
  await expect(host.write(spec.epoch, 'x')).rejects.toMatchObject({ code: 'slot_not_running' });
  await host.forget(spec.epoch);
  expect(await host.list()).toEqual([]);
  await expect(host.text(spec.epoch)).rejects.toMatchObject({ code: 'slot_not_running' });
});

test('a program that runs cannot be forgotten, nor its epoch be used twice', async () => {
  const spec = programSpec('/bin/cat', []);
  await host.spawn(spec);
  await expect(host.forget(spec.epoch)).rejects.toMatchObject({ code: 'slot_already_running' });
  expect(await host.spawn(spec)).toMatchObject({ ok: false, reason: 'epoch_exists' });
});

test.each([
  ['no such program', '/no/such/program', '/tmp', 'file_missing'],
  ['a folder as program', '/tmp', '/tmp', 'file_missing'],
  ['a file that may not be run', '/etc/passwd', '/tmp', 'file_missing'],
  ['no such folder', '/bin/cat', '/no/such/folder', 'cwd_missing'],
  ['a file as folder', '/bin/cat', '/bin/cat', 'cwd_missing'],
])('%s is a value that says so', async (_, file, cwd, reason) => {
  const spec = programSpec(file, [], { cwd });
  const result = await host.spawn(spec);
  expect(result).toMatchObject({ ok: false, reason });
  expect(await host.list()).toEqual([]);
});

test('60,000 characters arrive whole', async () => {
  const file = path.join(folder, 'typed');
  const text = Array.from({ length: 1_000 }, (_, line) => `${line} äöü 日本 🎉 ${'x'.repeat(40)}`)
    .join('\n')
    .padEnd(60_000, '.');
  const bytes = Buffer.byteLength(text);
  const spec = shell(`stty raw -echo; echo ready; head -c ${bytes} > "$TARGET"; echo done`, {
    env: { PATH: process.env['PATH'] ?? '', TARGET: file },
  });
  await host.spawn(spec);
  const watcher = await watch(host, spec.epoch);
  await watcher.until('ready');
  await host.write(spec.epoch, text);
  await watcher.until('done');
  expect(readFileSync(file, 'utf8')).toBe(text);
});

test('writes keep their order when they are not waited for', async () => {
  const file = path.join(folder, 'typed');
  const spec = shell('stty raw -echo; echo ready; head -c 5000 > "$TARGET"; echo done', {
    env: { PATH: process.env['PATH'] ?? '', TARGET: file },
  });
  await host.spawn(spec);
  const watcher = await watch(host, spec.epoch);
  await watcher.until('ready');
  const parts = Array.from({ length: 1_000 }, (_, index) => String(index).padStart(5, '0'));
  await Promise.all(parts.map((part) => host.write(spec.epoch, part)));
  await watcher.until('done');
  expect(readFileSync(file, 'utf8')).toBe(parts.join(''));
});

test('a viewer that comes back with its sequence number gets exactly what it missed', async () => {
  const spec = shell('stty -echo; while read -r n; do echo "line $n"; done');
  await host.spawn(spec);
  const first = await watch(host, spec.epoch);
  const witness = await watch(host, spec.epoch);
  await host.write(spec.epoch, '1\r');
  await first.until('line 1\r\n');
  await witness.until('line 1\r\n');
  first.attachment.detach();
  const border = first.chunks.at(-1)?.sequence ?? 0;
  await host.write(spec.epoch, '2\r3\r');
  await witness.until('line 3\r\n');
  const second = await watch(host, spec.epoch, { since: border });
  expect(second.snapshots).toEqual([]);
  expect(second.seen()).toBe('line 2\r\nline 3\r\n');
  expect(first.seen() + second.seen()).toBe(witness.seen());
});

test('one that comes back with a number that is not held gets a snapshot', async () => {
  const spec = shell('echo hello; read -r _');
  await host.spawn(spec);
  await (await watch(host, spec.epoch)).until('hello');
  const late = await watch(host, spec.epoch, { since: 123_456 });
  expect(late.snapshots[0]).toMatchObject({ columns: 80, rows: 24 });
  expect(late.seen()).toContain('hello');
});

test('a snapshot restores what a late viewer could not know: the hidden cursor, mouse and paste modes', async () => {
  const spec = shell(String.raw`printf '\e[?1049h\e[?25l\e[?1000h\e[?1006h\e[?2004hshown'; read -r _`);
  await host.spawn(spec);
  await (await watch(host, spec.epoch)).until('shown');
  const late = await watch(host, spec.epoch);
  for (const mode of ['1049h', '25l', '1000h', '1006h', '2004h'])
    expect(late.seen()).toContain(`\x1b[?${mode}`);
});

test('a viewer that never acknowledges is not sent more than the limit, and catches up with a snapshot', async () => {
  const spec = shell('head -c 8000000 /dev/zero | tr "\\0" "x"; echo; echo THE END; read -r _');
  await host.spawn(spec);
  const slow = await watch(host, spec.epoch, { acknowledge: false });
  const quick = await watch(host, spec.epoch);
  await quick.until('THE END');
  expect(slow.seen().length).toBeLessThanOrEqual(MOST_UNACKNOWLEDGED_BYTES + 100_000);
  expect(slow.seen()).not.toContain('THE END');
  slow.attachment.acknowledge(slow.chunks.at(-1)?.sequence ?? 0);
  await slow.untilSnapshots(2);
  expect(slow.snapshots.at(-1)?.data).toContain('THE END');
});

test('a resize reaches the program, the screen and who watches', async () => {
  const spec = shell('trap "stty size" WINCH; echo ready; while :; do read -t 1 -r _; done');
  await host.spawn(spec);
  const watcher = await watch(host, spec.epoch);
  await watcher.until('ready');
  await host.resize(spec.epoch, 101, 31);
  await watcher.until('31 101');
  expect(watcher.sizes).toEqual([{ columns: 101, rows: 31 }]);
  expect(await host.read(spec.epoch)).toMatchObject({ columns: 101, rows: 31 });
});

test('SIGINT does what Ctrl+C does, and the exit names the signal', async () => {
  const spec = programSpec('/bin/sleep', ['1000']);
  await host.spawn(spec);
  const watcher = await watch(host, spec.epoch);
  await host.signal(spec.epoch, 'SIGINT');
  expect(await watcher.exited).toMatchObject({ code: null, signal: 2 });
});

test('the terminal answers the questions of a program', async () => {
  const spec = shell(
    String.raw`stty raw -echo; printf '\e[6n'; IFS= read -r -d R answer; printf '%q' "$answer"`,
  );
  await host.spawn(spec);
  const watcher = await watch(host, spec.epoch);
  await watcher.exited;
  expect(watcher.seen()).toContain('[1;1');
});

test('ending a terminal leaves no process: not one that ignores it, nor one in the background, nor one that left', async () => {
  const script = path.join(folder, 'stubborn.sh');
  writeFileSync(script, `trap '' HUP TERM INT; echo "$1 $$."; while :; do sleep 1000; done\n`);
  const spec = shell(
    [
      `bash ${script} ignores &`,
      `(bash ${script} grandchild &)`,
      `setsid bash ${script} session &`,
      `setsid bash -c '(bash ${script} daemon &)' &`,
      'sleep 1000 & echo "sleeper $!."; wait',
    ].join('\n'),
  );
  await host.spawn(spec);
  const watcher = await watch(host, spec.epoch);
  const marks: ProcessMark[] = [];
  for (const name of ['ignores', 'grandchild', 'session', 'daemon', 'sleeper']) {
    const seen = await watcher.until(new RegExp(`${name} \\d+\\.`));
    const mark = markOf(Number(new RegExp(`${name} (\\d+)\\.`).exec(seen)?.[1]));
    if (mark !== undefined) marks.push(mark);
  }
  expect(marks.length).toBe(5);
  expect(marks.every(isAlive)).toBe(true);
  const exit = await host.terminate(spec.epoch, 200);
  expect(exit.code === null || exit.code > 0).toBe(true);
  expect(marks.filter(isAlive)).toEqual([]);
});

test('a program that ends by itself within the grace is not killed', async () => {
  const spec = shell('trap "echo tidying; exit 3" TERM; echo ready; while :; do sleep 0.05; done');
  await host.spawn(spec);
  const watcher = await watch(host, spec.epoch);
  await watcher.until('ready');
  expect(await host.terminate(spec.epoch, 10_000)).toMatchObject({ code: 3, signal: null });
  expect(watcher.seen()).toContain('tidying');
});

test('what an ended program left running is ended too', async () => {
  const spec = shell(`setsid bash -c 'echo "left $$."; exec sleep 1000' & read -r _; exit 0`);
  await host.spawn(spec);
  const watcher = await watch(host, spec.epoch);
  const seen = await watcher.until(/left \d+\./);
  await host.write(spec.epoch, '\r');
  await watcher.exited;
  const mark = markOf(Number(/left (\d+)/.exec(seen)?.[1]));
  expect(mark !== undefined && isAlive(mark)).toBe(true);
  expect(await host.terminate(spec.epoch, 500)).toMatchObject({ code: 0 });
  expect(mark !== undefined && isAlive(mark)).toBe(false);
});

test('readings come only when something changed', async () => {
  const spec = shell('echo hello; while read -r _; do printf ""; done');
  await host.spawn(spec);
  const watcher = await watch(host, spec.epoch);
  await watcher.until('hello');
  await host.read(spec.epoch);
  const readings = events.filter(({ type }) => type === 'reading');
  const words = readings.map((event) =>
    event.type === 'reading' ? JSON.stringify({ ...event.reading, at: 0, sequence: 0 }) : '',
  );
  expect(new Set(words).size).toBe(words.length);
});
