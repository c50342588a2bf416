import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { operations } from '../../../server/tools/registry.ts';
import { NODE_22, npmPrograms } from '../../npm-programs.ts';
import { type OpenDoors, openDoors } from '../open-doors.ts';

const INSPECTOR = '@modelcontextprotocol/inspector@2.12.0';

let doors: OpenDoors;
let home: string;
let modules: string;
beforeAll(async () => {
  modules = await npmPrograms(INSPECTOR, NODE_22);
  doors = await openDoors();
  home = mkdtempSync(path.join(os.tmpdir(), 'missiond-inspector-'));
});
afterAll(async () => {
  rmSync(home, { recursive: true, force: true });
  expect(doors.errors()).toEqual([]);
  await doors.close();
});

/** What the MCP Inspector answers at a command line. */
function inspect(...words: readonly string[]): Promise<{ readonly output: string; readonly code: unknown }> {
  const launcher = path.join(
    modules,
    '@modelcontextprotocol',
    'inspector',
    'clients',
    'launcher',
    'build',
    'index.js',
  );
  const url = `http://127.0.0.1:${doors.port}/mcp`;
  const args = ['--cli', url, '--transport', 'http', '--header', `Authorization: Bearer ${doors.token}`];
  return new Promise((resolve) => {
    execFile(
      path.join(modules, 'node', 'bin', 'node'),
      [launcher, ...args, ...words],
      { env: { ...process.env, HOME: home }, maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) =>
        resolve({ code: error?.code ?? 0, output: error === null ? stdout : stdout + stderr }),
    );
  });
}

test('the MCP Inspector lists every tool, and finds no schema that some client cannot read', async () => {
  const { output, code } = await inspect('--method', 'tools/list', '--strict');
  expect({ code, output: code === 0 ? '' : output.slice(0, 4_000) }).toEqual({ code: 0, output: '' });
  const { tools } = z
    .object({ tools: z.array(z.looseObject({ name: z.string() })) })
    .parse(JSON.parse(output));
  expect(tools.map(({ name }) => name)).toEqual(operations.map(({ name }) => name));
});

test('the MCP Inspector calls a tool and reads a resource', async () => {
  const called = await inspect(
    '--method',
    'tools/call',
    '--tool-name',
    'mission_pty_status',
    '--tool-arg',
    'slotId=coder-1',
  );
  expect(JSON.parse(called.output)).toMatchObject({ structuredContent: { slots: [{ slotId: 'coder-1' }] } });
  const read = await inspect('--method', 'resources/read', '--uri', 'mission://slots/coder-2');
  expect(JSON.parse(read.output)).toMatchObject({ contents: [{ uri: 'mission://slots/coder-2' }] });
});
