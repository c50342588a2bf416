import { spawn } from 'node:child_process';
import { appendFileSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { z } from 'zod';
import { freePort } from '../server/free-port.ts';
import { type SelfSigned, selfSigned } from '../server/self-signed.ts';
import { CLI, createWorld, DIST, type World } from './world.ts';

let world: World;
let signed: SelfSigned;
beforeAll(async () => {
  signed = selfSigned();
  world = await createWorld();
});
afterAll(async () => {
  expect(await world.close()).toEqual([]);
  signed.remove();
});

/** A program of ours, its status and all that it said. */
async function run(script: string, args: readonly string[], env: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, [script, ...args], { env: { ...world.env, ...env } });
  const [out, err, status] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise((resolve) => child.once('exit', resolve)),
  ]);
  return { status, out, err };
}

test('on another address the daemon starts with TLS alone, and is used from elsewhere with a token', async () => {
  const bare = await run(CLI, ['up', '--foreground'], { MISSION_HOST: '0.0.0.0' });
  expect(bare).toMatchObject({ status: 1, err: expect.stringMatching(/without TLS.*listen/s) });

  const port = await freePort();
  appendFileSync(
    path.join(world.home, 'slots.yaml'),
    stringify({ listen: { tls: signed.tls, hosts: ['build.example.com'] } }),
  );
  const daemon = await world.start({ MISSION_HOST: '0.0.0.0', MISSION_WS_PORT: String(port) });
  // Agents of this machine call a door of their own: Claude Code does not know our certificate.
  expect(daemon.port).not.toBe(port);
  expect(await daemon.client.ask({ role: 'researcher', question: 'say: through the hooks' })).toMatchObject({
    answer: 'through the hooks',
  });
  const file = z
    .object({ outsideUrl: z.string() })
    .parse(JSON.parse(readFileSync(path.join(world.home, 'daemon.json'), 'utf8')));
  expect(file.outsideUrl).toBe(`https://build.example.com:${port}`);
  expect((await run(CLI, ['up'], {})).out).toContain(file.outsideUrl);
  expect((await run(CLI, ['status'], {})).status).toBe(0);

  const made = await run(CLI, ['token', 'create', '--role', 'orchestrator', '--json'], {});
  const { token } = z.object({ token: z.string() }).parse(JSON.parse(made.out));
  const client = new Client({ name: 'elsewhere', version: '1' });
  await client.connect(
    new StdioClientTransport({
      command: process.execPath,
      args: [path.join(DIST, 'server', 'cli', 'mission-mcp.js'), '--home', '/nowhere'],
      env: {
        PATH: world.env['PATH'] ?? '',
        MISSION_URL: `https://127.0.0.1:${port}`,
        MISSION_TOKEN: token,
        NODE_EXTRA_CA_CERTS: signed.tls.cert,
      },
      stderr: 'ignore',
    }),
  );
  const asked = await client.callTool(
    { name: 'mission_ask', arguments: { role: 'researcher', question: 'say: from elsewhere' } },
    undefined,
    { timeout: 120_000 },
  );
  expect(asked.structuredContent).toMatchObject({ answer: 'from elsewhere' });
  const tools = (await client.listTools()).tools.map(({ name }) => name);
  expect(tools).not.toContain('mission_permission_set_role');
  await client.close();

  const attach = spawn(
    process.execPath,
    [
      path.join(DIST, 'server', 'cli', 'missiond-attach.js'),
      ...['researcher-1', '--json', '--tls', '-H', '127.0.0.1', '-p', String(port), '--home', world.home],
    ],
    { env: { ...world.env, NODE_EXTRA_CA_CERTS: signed.tls.cert }, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const first = await new Promise((resolve) => attach.stdout.once('data', (data) => resolve(String(data))));
  expect(first).toContain('"type"');
  attach.kill('SIGTERM');
  await new Promise((resolve) => attach.once('exit', resolve));
});
