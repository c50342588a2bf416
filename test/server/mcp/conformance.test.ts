import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { NODE_22, npmPrograms } from '../../npm-programs.ts';
import { type OpenDoors, openDoors } from '../open-doors.ts';

const SUITE = '@modelcontextprotocol/conformance@0.1.16';
const EXPECTED = fileURLToPath(new URL('../../fixtures/mcp-conformance.yaml', import.meta.url));
const PASSED = [
  'server-initialize',
  'logging-set-level',
  'ping',
  'tools-list',
  'tools-call-simple-text',
  'tools-call-error',
  'server-sse-multiple-streams',
  'resources-list',
  'prompts-list',
  'dns-rebinding-protection',
];

let doors: OpenDoors;
let results: string;
/** The suite sends no token: this passes everything on as it is, with the owner's. */
let proxy: http.Server;
beforeAll(async () => {
  doors = await openDoors();
  results = mkdtempSync(path.join(os.tmpdir(), 'missiond-conformance-'));
  proxy = http.createServer((request, reply) => {
    const onward = http.request(
      {
        host: '127.0.0.1',
        port: doors.port,
        path: request.url,
        method: request.method,
        headers: { ...request.headers, ...doors.owner },
      },
      (answer) => {
        reply.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(reply);
      },
    );
    onward.on('error', () => reply.destroy());
    reply.on('close', () => onward.destroy());
    request.pipe(onward);
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
});
afterAll(async () => {
  proxy.closeAllConnections();
  proxy.close();
  rmSync(results, { recursive: true, force: true });
  expect(doors.errors()).toEqual([]);
  await doors.close();
});

test('the conformance suite of MCP finds nothing but what it asks by names of its own', async () => {
  const modules = await npmPrograms(SUITE, NODE_22);
  const { port } = z.object({ port: z.number() }).parse(proxy.address());
  const { code, output } = await new Promise<{ code: unknown; output: string }>((resolve) => {
    execFile(
      path.join(modules, 'node', 'bin', 'node'),
      [
        path.join(modules, '@modelcontextprotocol', 'conformance', 'dist', 'index.js'),
        'server',
        '--suite',
        'all',
        '--url',
        `http://127.0.0.1:${port}/mcp`,
        '--expected-failures',
        EXPECTED,
        '--output-dir',
        results,
      ],
      { cwd: results },
      (error, stdout, stderr) => resolve({ code: error?.code ?? 0, output: stdout + stderr }),
    );
  });
  for (const name of PASSED) expect(output).toMatch(new RegExp(`✓ ${name}: [1-9]\\d* passed, 0 failed`));
  expect({ code, output: code === 0 ? '' : output }).toEqual({ code: 0, output: '' });
});
