import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { expect } from 'vitest';
import { z } from 'zod';
import type { Random } from '../../chaos/random.ts';
import { DIST } from '../../e2e/world.ts';
import type { FuzzedDaemon } from '../fuzzed-daemon.ts';
import { messageLike } from '../mutate.ts';
import { createSampler } from '../sample-input.ts';
import { triedOperations } from '../tried-operations.ts';
import type { Door } from './door.ts';

/** They may wait for an answer that nobody gives. */
const MAY_WAIT = /_(?:ask|send|task_ack|task_track|trigger_swarm)$/;
const TRIED = triedOperations.filter(({ name }) => !MAY_WAIT.test(name));
/** Where a session began, another follows after so many messages. */
const OF_ONE_SESSION = 100;
const INITIALIZE = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'fuzz', version: '1' } },
};
const INITIALIZED = { jsonrpc: '2.0', method: 'notifications/initialized' };

function createMessages(): (random: Random) => object {
  const samplers = TRIED.map(({ name, input }) => ({ name, of: createSampler(input) }));
  return (random) => {
    const id = random.between(2, 1_000);
    const { name, of } = random.pick(samplers);
    return random.pick<() => object>([
      () => ({ jsonrpc: '2.0', id, method: 'tools/call', params: { name, arguments: of([], random) } }),
      () => ({ jsonrpc: '2.0', id, method: 'tools/call', params: { name, arguments: of([], random) } }),
      () => ({ jsonrpc: '2.0', id, method: 'tools/list', params: { cursor: 'x' } }),
      () => ({ jsonrpc: '2.0', id, method: 'ping' }),
      () => ({ jsonrpc: '2.0', id, method: 'logging/setLevel', params: { level: 'debug' } }),
      () => ({ jsonrpc: '2.0', id, result: { action: 'accept', content: {} } }),
      () => ({ jsonrpc: '2.0', id, error: { code: -1, message: 'x' } }),
      () => ({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: id } }),
      () => ({
        jsonrpc: '2.0',
        method: 'notifications/progress',
        params: { progressToken: id, progress: 1 },
      }),
      () => INITIALIZE,
    ])();
  };
}

/** `/mcp`, streamable HTTP: one session after the other. */
export function createMcpDoor(daemon: FuzzedDaemon): Door {
  const headers = {
    ...daemon.owner,
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
  };
  const message = createMessages();
  let session: string | undefined;
  let left = 0;
  const post = (body: string | Uint8Array, more: Readonly<Record<string, string>> = {}) =>
    daemon.tcp({ path: '/mcp', method: 'POST', headers: { ...headers, ...more }, body });
  async function begin(): Promise<string> {
    const begun = await post(JSON.stringify(INITIALIZE));
    left = OF_ONE_SESSION;
    return z.string().parse(begun.headers['mcp-session-id']);
  }
  async function end(): Promise<void> {
    if (session === undefined) return;
    await daemon.tcp({ path: '/mcp', method: 'DELETE', headers: { ...headers, 'mcp-session-id': session } });
    session = undefined;
  }
  return {
    name: 'MCP over HTTP',
    async attempt(random) {
      if (left === 0) await end();
      session ??= await begin();
      left -= 1;
      const reply = await post(messageLike(message(random), random), { 'mcp-session-id': session });
      expect(reply.status, reply.body).toBeLessThan(500);
    },
    rest: end,
    async honest() {
      const own = await begin();
      const body = JSON.stringify({ jsonrpc: '2.0', id: 2, method: 'tools/list' });
      const listed = await post(body, { 'mcp-session-id': own });
      expect([listed.status, listed.body.includes('mission_submit')]).toEqual([200, true]);
      await daemon.tcp({ path: '/mcp', method: 'DELETE', headers: { ...headers, 'mcp-session-id': own } });
    },
  };
}

/** `mission-mcp`, line by line on its input. */
export function createBridgeDoor(daemon: FuzzedDaemon): Door {
  const message = createMessages();
  let bridge: ChildProcess | undefined;
  let honests = 0;
  const heard = new Set<(line: string) => void>();

  async function start(): Promise<ChildProcess> {
    const child = spawn(
      process.execPath,
      [path.join(DIST, 'server', 'cli', 'mission-mcp.js'), '--home', daemon.home],
      { env: daemon.env, stdio: ['pipe', 'pipe', 'ignore'] },
    );
    createInterface({ input: child.stdout }).on('line', (line) => {
      for (const hear of heard) hear(line);
    });
    child.stdin.write(`${JSON.stringify(INITIALIZE)}\n${JSON.stringify(INITIALIZED)}\n`);
    return child;
  }

  async function write(bytes: string | Uint8Array): Promise<void> {
    bridge ??= await start();
    expect(bridge.exitCode, 'the bridge lives').toBeNull();
    if (bridge.stdin?.write(bytes) === false) await once(bridge.stdin, 'drain');
  }

  /** Its answer comes after everything that was sent before. */
  async function ping(): Promise<void> {
    honests += 1;
    const id = `honest-${honests}`;
    let hear: (line: string) => void = () => {};
    const answered = new Promise<void>((resolve) => {
      hear = (line) => {
        if (line.includes(`"${id}"`)) resolve();
      };
      heard.add(hear);
    });
    await write(`${JSON.stringify({ jsonrpc: '2.0', id, method: 'ping' })}\n`);
    await answered;
    heard.delete(hear);
  }

  return {
    name: 'mission-mcp',
    async attempt(random) {
      await write(Buffer.concat([messageLike(message(random), random), Buffer.from('\n')]));
      if (random.next() < 0.1) await ping();
    },
    async rest() {
      if (bridge === undefined) return;
      const ended = once(bridge, 'exit');
      bridge.stdin?.end();
      expect(await ended).toEqual([0, null]);
      bridge = undefined;
    },
    honest: ping,
  };
}
