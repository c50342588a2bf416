import { randomUUID } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { json } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { spawn } from 'node-pty';
import { ClaudeSessionId, SlotId } from '../../../db/ids.ts';
import { type HookBody, type HookReply, parseHookBody } from '../../../services/claude/hook-body.ts';
import { ensureClaudeCode } from '../../../services/claude/install.ts';
import { buildLaunch } from '../../../services/claude/profile.ts';
import { prepareSandboxHome } from '../../../services/claude/sandbox-home.ts';
import { atLeast } from '../../../services/claude/version-order.ts';
import { createKeyboard } from '../../../services/keyboard/keyboard.ts';
import { startScriptedModel } from '../../../services/scripted-model/start-scripted-model.ts';
import type { ScreenReading } from '../../../services/terminal/reading.ts';
import { createScreenReader } from '../../../services/terminal/screen-reader.ts';

const API_KEY = `sk-ant-test-${'0'.repeat(40)}`;
const COLUMNS = 140;
const ROWS = 45;
/** Newer versions say `manual` where older ones say `default`, which is what they start in. */
const MANUAL_SINCE = '2.1.200';

function bareLaunch(version: string, own: Readonly<Record<string, string>>) {
  return {
    args: atLeast(version, MANUAL_SINCE) ? ['--permission-mode', 'manual'] : [],
    env: {
      PATH: process.env['PATH'] ?? '',
      TERM: 'xterm-256color',
      COLORTERM: 'truecolor',
      LANG: 'C.UTF-8',
      SHELL: '/bin/bash',
      IS_SANDBOX: '1',
      DISABLE_AUTOUPDATER: '1',
      ...own,
    },
  };
}

/** A real Claude Code in a pseudo-terminal of its own, with a scripted model, a HOME of its own, and our hooks. */
export async function startRealSession(
  options: {
    readonly answer?: (hook: HookBody, signal: AbortSignal) => HookReply | Promise<HookReply>;
    /** Another version than the pinned one, already on the disk. */
    readonly program?: { readonly file: string; readonly version: string };
    readonly columns?: number;
    readonly rows?: number;
    /** False: the folder is new to Claude Code, which asks about it. */
    readonly trusted?: boolean;
    /** As a person starts it: no hooks, no status line, none of our profile. */
    readonly bare?: boolean;
    /** Added to the environment, last. */
    readonly env?: Readonly<Record<string, string>>;
    /** What the program writes, as it comes. */
    readonly onOutput?: (data: string) => void;
  } = {},
) {
  const { columns = COLUMNS, rows = ROWS, trusted = true, bare = false } = options;
  const program = options.program ?? (await ensureClaudeCode());
  const root = realpathSync(mkdtempSync(path.join(tmpdir(), 'missiond-real-')));
  const claudeHome = path.join(root, 'home');
  const cwd = path.join(root, 'work');
  mkdirSync(cwd);
  prepareSandboxHome(claudeHome, {
    apiKey: API_KEY,
    trusted: trusted ? [cwd] : [],
    version: program.version,
  });
  const model = await startScriptedModel();

  const hooks: HookBody[] = [];
  const statusLines: unknown[] = [];
  const changes = new EventEmitter<{ hook: [HookBody]; reading: [ScreenReading]; exit: [] }>();
  const server = createServer((request, response) => {
    const gone = new AbortController();
    response.on('close', () => gone.abort());
    const reply = async () => {
      if (request.headers.authorization !== 'Bearer the-token-of-this-slot')
        return response.writeHead(401).end();
      const body = await json(request);
      if (request.url === '/status') {
        statusLines.push(body);
        return response.end('the status row');
      }
      const hook = parseHookBody(body);
      if (hook === null) return response.writeHead(400).end();
      hooks.push(hook);
      changes.emit('hook', hook);
      const answer = (await options.answer?.(hook, gone.signal)) ?? {};
      response.setHeader('content-type', 'application/json');
      return response.end(JSON.stringify(answer));
    };
    reply().catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const door = `http://127.0.0.1:${address !== null && typeof address === 'object' ? address.port : 0}`;

  const ownEnv = {
    HOME: claudeHome,
    ANTHROPIC_BASE_URL: model.url,
    ANTHROPIC_API_KEY: API_KEY,
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    ...options.env,
  };
  const launch = await buildLaunch({
    slot: { id: SlotId.parse('coder-1'), cwd, env: ownEnv },
    program,
    sessionId: ClaudeSessionId.parse(randomUUID()),
    resume: false,
    hookUrl: `${door}/hooks`,
    statusLineUrl: `${door}/status`,
    slotToken: 'the-token-of-this-slot',
    permissions: { allow: [], ask: [], deny: [] },
    home: path.join(root, 'missiond'),
    inherited: { PATH: process.env['PATH'], SHELL: '/bin/bash' },
  });
  const { args, env } = bare ? bareLaunch(program.version, ownEnv) : launch;
  const child = spawn(launch.file, [...args], {
    name: 'xterm-256color',
    cols: columns,
    rows,
    cwd,
    env: { ...env },
  });
  let running = true;
  const reader = createScreenReader({
    columns,
    rows,
    scrollback: 1_000,
    clock: {
      now: Date.now,
      schedule(task, ms) {
        const timer = setTimeout(task, ms);
        return () => clearTimeout(timer);
      },
    },
    onReading: (reading) => changes.emit('reading', reading),
    onReply: (data) => {
      if (running) child.write(data);
    },
  });
  child.onData((data) => {
    options.onOutput?.(data);
    reader.feed(data);
  });
  child.onExit(() => {
    running = false;
    changes.emit('exit');
  });
  const keyboard = createKeyboard({
    write: async (data) => child.write(data),
    read: async () => reader.reading(),
    text: async () => reader.text(),
    sleep: (ms, signal) => sleep(ms, undefined, signal === undefined ? {} : { signal }),
    now: Date.now,
    version: () => program.version,
  });

  /** Resolves with the next hook that fits. Rejects when the signal aborts. */
  function nextHook(fits: (hook: HookBody) => boolean, signal?: AbortSignal): Promise<HookBody> {
    return new Promise((resolve, reject) => {
      const listen = (hook: HookBody) => {
        if (!fits(hook)) return;
        changes.off('hook', listen);
        resolve(hook);
      };
      changes.on('hook', listen);
      signal?.addEventListener('abort', () => {
        changes.off('hook', listen);
        reject(signal.reason);
      });
    });
  }

  /** Resolves with the first reading that fits, the present one included. Rejects when the signal aborts. */
  function screen(fits: (reading: ScreenReading) => boolean, signal?: AbortSignal): Promise<ScreenReading> {
    return new Promise((resolve, reject) => {
      const listen = (reading: ScreenReading) => {
        if (!fits(reading)) return;
        changes.off('reading', listen);
        resolve(reading);
      };
      changes.on('reading', listen);
      signal?.addEventListener('abort', () => {
        changes.off('reading', listen);
        reject(signal.reason);
      });
      listen(reader.reading());
    });
  }

  return {
    cwd,
    claudeHome,
    launch,
    model,
    hooks,
    statusLines,
    keyboard,
    reader,
    nextHook,
    screen,
    write: (data: string) => child.write(data),
    resize(nextColumns: number, nextRows: number) {
      reader.resize(nextColumns, nextRows);
      if (running) child.resize(nextColumns, nextRows);
    },
    text: () => reader.text(),
    pid: child.pid,
    async close() {
      if (running) {
        const ended = once(changes, 'exit');
        process.kill(child.pid, 'SIGKILL');
        await ended;
      }
      reader.dispose();
      server.closeAllConnections();
      server.close();
      await model.close();
      if (existsSync(root)) rmSync(root, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    },
  };
}

export type RealSession = Awaited<ReturnType<typeof startRealSession>>;
