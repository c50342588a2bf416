import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DEFAULT_MODES } from '../../../server/attach/person-terminal.ts';
import type { AttachServerMessage } from '../../../server/attach/protocol.ts';
import { createInProcessPtyHost } from '../../../services/pty/in-process-pty-host.ts';
import type { PtyHost, PtySpec } from '../../../services/pty/pty-host.ts';
import { shell, type Watcher, watch } from '../../services/pty/terminal-fixture.ts';
import { type FakeDaemon, startFakeDaemon } from './fake-daemon.ts';

const program = fileURLToPath(new URL('../../../server/cli/missiond-attach.ts', import.meta.url));
const TOKEN = 'a-token-of-at-least-thirty-two-characters';

let folder: string;
let host: PtyHost;
let daemon: FakeDaemon;

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'attach-'));
  host = createInProcessPtyHost();
  daemon = await startFakeDaemon();
  writeFileSync(
    path.join(folder, 'daemon.json'),
    JSON.stringify({ pid: process.pid, port: daemon.port, token: TOKEN }),
    { mode: 0o600 },
  );
});
afterEach(async () => {
  await host.disconnect();
  await daemon.close();
  rmSync(folder, { recursive: true, force: true });
});

const screen = (data: string, sequence = 10): AttachServerMessage => ({
  type: 'screen',
  data,
  sequence,
  columns: 80,
  rows: 24,
});

/** A person's terminal: a shell that notes its modes, runs missiond-attach, and notes them again. */
async function sitDown(options = ''): Promise<{ readonly terminal: Watcher; readonly spec: PtySpec }> {
  const command = [process.execPath, '--import', import.meta.resolve('tsx'), program].join(' ');
  const spec = shell(
    [
      `stty -a > ${folder}/before`,
      `${command} one --home ${folder} ${options}`,
      'echo "exit code $?"',
      `stty -a > ${folder}/after`,
      'echo "the end"',
    ].join('\n'),
  );
  await host.spawn(spec);
  return { terminal: await watch(host, spec.epoch), spec };
}

function expectTerminalAsBefore(): void {
  expect(readFileSync(path.join(folder, 'after'), 'utf8')).toBe(
    readFileSync(path.join(folder, 'before'), 'utf8'),
  );
}

test('it draws the screen and what follows, forwards the keys, Ctrl-C too, and leaves with Ctrl-b d', async () => {
  const { terminal, spec } = await sitDown();
  const viewer = await daemon.viewer();
  expect(viewer.request.url).toBe('/pty/one');
  expect(viewer.request.headers.authorization).toBe(`Bearer ${TOKEN}`);
  viewer.send(screen('the screen\x1b[6n'), { type: 'data', data: ' goes on', sequence: 20 });
  const seen = await terminal.until('the screen goes on');
  expect(seen).not.toContain('\x1b[6n');
  expect(await viewer.said({ type: 'resize' })).toEqual({ type: 'resize', columns: 80, rows: 24 });
  await host.write(spec.epoch, 'hé\x03\x02\x02');
  expect(await viewer.typed('\x02')).toBe('hé\x03\x02');
  await host.write(spec.epoch, '\x02d');
  await viewer.left;
  const end = await terminal.until('the end');
  expect(end).toContain('[left one; the session goes on]');
  expect(end).toContain('exit code 0');
  expect(end).toContain(DEFAULT_MODES);
  expectTerminalAsBefore();
});

test('what is drawn is acknowledged, and a fresh screen replaces the old one', async () => {
  const { terminal, spec } = await sitDown();
  const viewer = await daemon.viewer();
  viewer.send(screen('old'), screen('new screen', 5_000_000));
  await terminal.until('new screen');
  expect(await viewer.said({ type: 'ack' })).toEqual({ type: 'ack', sequence: 10 });
  expect(await host.text(spec.epoch)).not.toContain('old');
  await host.write(spec.epoch, '\x1c');
  await terminal.until('the end');
});

test('the window size is sent again when it changes', async () => {
  const { terminal, spec } = await sitDown();
  const viewer = await daemon.viewer();
  viewer.send(screen('ready'));
  await terminal.until('ready');
  await viewer.said({ type: 'resize' });
  await host.resize(spec.epoch, 100, 30);
  await viewer.said({ type: 'resize', columns: 100, rows: 30 });
  await host.write(spec.epoch, '\x1c');
  await terminal.until('the end');
});

test('a read-only viewer sends neither keys nor its size', async () => {
  const { terminal, spec } = await sitDown('--read-only');
  const viewer = await daemon.viewer();
  expect(viewer.request.url).toBe('/pty/one?readonly=1');
  viewer.send(screen('only look'));
  await terminal.until('only look');
  await host.write(spec.epoch, 'typed\x02d');
  await viewer.left;
  await terminal.until('the end');
  expect(new Set(viewer.messages.map(({ type }) => type))).toEqual(new Set(['ack']));
});

test('Ctrl-b [ looks back while the session goes on, and q returns to it as it is by then', async () => {
  const { terminal, spec } = await sitDown();
  const viewer = await daemon.viewer();
  const lines = Array.from({ length: 100 }, (_, index) => `line ${index + 1}`).join('\r\n');
  viewer.send(screen(lines));
  await terminal.until('line 100');
  await host.write(spec.epoch, '\x02[g');
  await terminal.until('lines 1-23 of 100');
  expect(await host.text(spec.epoch)).toMatch(/^line 1\nline 2\n/);
  viewer.send({ type: 'data', data: '\r\nnews of the session', sequence: 30 });
  await host.write(spec.epoch, 'qafter');
  await viewer.typed('after');
  await terminal.until('news of the session');
  expect(await host.text(spec.epoch)).toContain('line 100\nnews of the session');
  expect((await viewer.typed('after')).trim()).toBe('after');
  await host.write(spec.epoch, '\x02d');
  await terminal.until('the end');
  expectTerminalAsBefore();
});

test.each([
  [{ code: 3 }, 'has ended with code 3', 'exit code 3'],
  [{ code: 0 }, 'has ended with code 0', 'exit code 0'],
  [{ code: null }, 'was ended by a signal', 'exit code 128'],
])('when the program ends with %j it says so', async ({ code }, words, status) => {
  const { terminal } = await sitDown();
  const viewer = await daemon.viewer();
  viewer.send(screen('\x1b[?1049h\x1b[?25l\x1b[?1003hfull screen'), { type: 'exit', code });
  const seen = await terminal.until('the end');
  expect(seen).toContain(words);
  expect(seen).toContain(status);
  expect(seen).toContain('\x1b[?1049l');
  expectTerminalAsBefore();
});

test('when the daemon goes away the terminal is put back and it is said', async () => {
  const { terminal } = await sitDown();
  const viewer = await daemon.viewer();
  viewer.send(screen('here'));
  await terminal.until('here');
  await daemon.close();
  const seen = await terminal.until('the end');
  expect(seen).toContain('The daemon has closed the connection');
  expect(seen).toContain('exit code 1');
  expectTerminalAsBefore();
});

test.each(['SIGTERM', 'SIGHUP', 'SIGINT'])('%s puts the terminal back', async (signal) => {
  const { terminal } = await sitDown();
  const viewer = await daemon.viewer();
  viewer.send(screen('here'));
  await terminal.until('here');
  const [info] = await host.list();
  const children = readFileSync(`/proc/${info?.pid}/task/${info?.pid}/children`, 'utf8').trim();
  process.kill(Number(children), signal);
  const seen = await terminal.until('the end');
  expect(seen).toContain(`[${signal}; the session of one goes on]`);
  expectTerminalAsBefore();
});

test('a slot that is not running is said, with what to do', async () => {
  const { terminal } = await sitDown();
  const viewer = await daemon.viewer();
  viewer.send({ type: 'error', code: 'slot_not_running', message: 'The slot one has no running session.' });
  viewer.close(4001, '');
  const seen = await terminal.until('the end');
  expect(seen).toContain('missiond-attach: The slot one has no running session.');
  expect(seen).toContain('exit code 1');
});

test('a refused handshake is said in the words of the daemon', async () => {
  await daemon.close();
  daemon = await startFakeDaemon({
    status: 401,
    body: {
      error: { code: 'not_authorised', message: 'The token is wrong.', remedy: 'Read daemon.json again.' },
    },
  });
  const { terminal } = await sitDown(`--port ${daemon.port}`);
  const seen = await terminal.until('the end');
  expect(seen).toContain('The token is wrong. Read daemon.json again.');
  expectTerminalAsBefore();
});

/** Without a terminal. */
async function run(...args: readonly string[]): Promise<{ code: unknown; out: string; err: string }> {
  const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), program, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  child.stdout.on('data', (data) => {
    out += String(data);
  });
  child.stderr.on('data', (data) => {
    err += String(data);
  });
  const [code] = await once(child, 'close');
  return { code, out, err };
}

test('--json prints every event as a line', async () => {
  const running = run('one', '--home', folder, '--json');
  const viewer = await daemon.viewer();
  const messages: readonly AttachServerMessage[] = [
    screen('hello'),
    { type: 'state', state: 'idle', prevState: 'starting', conversation: 'idle' },
    { type: 'exit', code: 0 },
  ];
  viewer.send(...messages);
  const { code, out } = await running;
  expect(
    out
      .trimEnd()
      .split('\n')
      .map((line): unknown => JSON.parse(line)),
  ).toEqual(messages);
  expect(code).toBe(0);
});

test('--json of a slot that is not running is said once, with what to do', async () => {
  const running = run('one', '--home', folder, '--json');
  const viewer = await daemon.viewer();
  viewer.send({ type: 'error', code: 'slot_not_running', message: 'The slot one has no running session.' });
  viewer.close(4001, '');
  const { code, err } = await running;
  expect(err).toBe('missiond-attach: The slot one has no running session.\n');
  expect(code).toBe(1);
});

test('--json ends without a word of its own when its reader has seen enough', async () => {
  const child = spawn(
    process.execPath,
    ['--import', import.meta.resolve('tsx'), program, 'one', '--home', folder, '--json'],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let err = '';
  child.stderr.on('data', (data) => {
    err += String(data);
  });
  const exited = once(child, 'close');
  const viewer = await daemon.viewer();
  viewer.send(screen('hello'));
  await once(child.stdout, 'data');
  child.stdout.destroy();
  viewer.send({ type: 'data', data: 'more', sequence: 20 });
  const [code] = await exited;
  expect(err).toBe('[left one; the session goes on]\n');
  expect(code).toBe(0);
});

test('through a tunnel the daemon is asked by its own name', async () => {
  const running = run('one', '--home', folder, '--json', '--host', 'localhost');
  const viewer = await daemon.viewer();
  expect(viewer.request.headers.host).toBe(`127.0.0.1:${daemon.port}`);
  viewer.send({ type: 'exit', code: 0 });
  expect((await running).code).toBe(0);
});

test.each<[string, readonly string[], number, string]>([
  ['no slot', [], 2, 'Name one slot, or one agent.'],
  ['two slots', ['one', 'two'], 2, 'Name one slot, or one agent.'],
  ['a name that cannot be', ['../one'], 2, 'is not the name of a slot'],
  ['an unknown option', ['one', '--fast'], 2, "Unknown option '--fast'"],
  ['a port that cannot be', ['one', '-p', '99999'], 2, 'is not a port'],
  ['no daemon', ['one', '--home', '/no/such/home'], 1, 'missiond up'],
  ['no token', ['one', '-p', '1', '--token-file', '/no/such/file'], 1, 'No token can be read'],
  ['no terminal', ['one'], 2, 'no terminal to draw on'],
])('%s is said, with the code for it', async (_, args, expected, words) => {
  const home = args.includes('--home') ? [] : ['--home', folder];
  const { code, err } = await run(...args, ...home);
  expect(code).toBe(expected);
  expect(err).toContain(words);
});

test('--help explains the keys', async () => {
  const { code, out } = await run('--help');
  expect(code).toBe(0);
  expect(out).toContain('Ctrl-b d');
  expect(out).toContain('--read-only');
});
