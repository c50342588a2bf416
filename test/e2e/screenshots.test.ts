import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { SlotId } from '../../db/ids.ts';
import { openRecording } from '../../services/recording/asciicast.ts';
import { pixelsOf } from '../services/screenshots/picture-difference.ts';
import { CLI, createWorld, type Daemon, type World } from './world.ts';

const run = promisify(execFile);
const slotId = SlotId.parse('coder-1');
/** Claude Code's own colour, in which it draws its mascot. */
const ORANGE = [215, 119, 87];

let world: World;
let daemon: Daemon;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'missiond-pictures-'));
  world = await createWorld();
  daemon = await world.start();
  await daemon.client.ptySpawn({ slotId, waitForIdle: true });
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  expect(await world.close()).toEqual([]);
});

const cli = async (...args: string[]) => run(process.execPath, [CLI, ...args], { env: world.env });

test('the screen of the real Claude Code is drawn in its colours, in a file for its owner alone', async () => {
  const { path: file, width, height } = await daemon.client.ptyScreenshot({ slotId });
  expect(path.dirname(file)).toBe(path.join(world.home, 'screenshots'));
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(statSync(path.dirname(file)).mode & 0o777).toBe(0o700);
  const pixels = await pixelsOf(readFileSync(file));
  expect([pixels.width, pixels.height]).toEqual([width, height]);
  const { screen } = await daemon.client.ptyScreen({ slotId });
  const row = screen.split('\n').findIndex((line) => line.includes('█'));
  const column = screen.split('\n')[row]?.indexOf('█') ?? -1;
  expect(row).toBeGreaterThanOrEqual(0);
  expect(pixels.at(column * 9 + 4, row * 18 + 4)).toEqual(ORANGE);
});

test('a client of MCP is shown the picture itself', async () => {
  const client = new Client({ name: 'test', version: '1' });
  const headers = { authorization: `Bearer ${daemon.token}` };
  await client.connect(
    new StreamableHTTPClientTransport(new URL(`http://127.0.0.1:${daemon.port}/mcp`), {
      requestInit: { headers },
    }),
  );
  const Shown = z.object({
    structuredContent: z.object({ path: z.string() }),
    content: z.tuple([
      z.object({ type: z.literal('text'), text: z.string() }),
      z.object({ type: z.literal('image'), mimeType: z.literal('image/png'), data: z.string() }),
    ]),
  });
  const { structuredContent, content } = Shown.parse(
    await client.callTool({ name: 'mission_pty_screenshot', arguments: { slotId } }),
  );
  expect(Buffer.from(content[1].data, 'base64')).toEqual(readFileSync(structuredContent.path));
  await client.close();
});

test('the command line puts it where it is wanted, as the file is called, and over nothing that is there', async () => {
  const file = (name: string): string => path.join(folder, name);
  for (const name of ['a.png', 'a.svg', 'a.cast', 'a.txt'])
    expect((await cli('screenshot', slotId, '--out', file(name))).stdout).toBe(`${file(name)}\n`);
  expect(readFileSync(file('a.png')).subarray(1, 4).toString()).toBe('PNG');
  expect(readFileSync(file('a.svg'), 'utf8')).toMatch(/^<svg [\s\S]*fill="#d77757"[\s\S]*<\/svg>\n$/);
  expect(readFileSync(file('a.txt'), 'utf8')).toContain('Claude Code');
  const { columns, events } = await openRecording(file('a.cast'));
  expect(columns).toBeGreaterThan(0);
  for await (const { data } of events) expect(data).toContain('Claude');
  await expect(cli('screenshot', slotId, '--out', file('a.png'))).rejects.toMatchObject({
    stderr: expect.stringContaining('is there already'),
  });
  await expect(cli('screenshot', 'nobody')).rejects.toMatchObject({
    stderr: expect.stringContaining('nobody'),
  });
});
