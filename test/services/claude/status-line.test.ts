import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const SCRIPT = fileURLToPath(new URL('../../../services/claude/status-line.mjs', import.meta.url));
let directory: string;
let door: string;
let server: Server;
let heard: string[];

beforeEach(async () => {
  directory = mkdtempSync(path.join(tmpdir(), 'missiond-status-'));
  door = path.join(directory, 'door.json');
  heard = [];
  server = createServer((request, response) => {
    void text(request).then((body) => {
      heard.push(`${request.url} ${request.headers.authorization} ${body}`);
      if (request.url === '/refuse') response.writeHead(401);
      response.end(request.url === '/hook' ? '{"continue":true}' : 'first row\nsecond row');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
  rmSync(directory, { recursive: true });
});

function openDoor(statusLine = '/status'): void {
  const address = server.address();
  const url = `http://127.0.0.1:${address !== null && typeof address === 'object' ? address.port : 0}`;
  writeFileSync(
    door,
    JSON.stringify({ statusLineUrl: url + statusLine, hookUrl: `${url}/hook`, token: 'abc' }),
  );
}

async function run(mode: string) {
  const child = spawn(process.execPath, [SCRIPT, mode, door], { stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.end('{"a":1}');
  const [out, error, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit'),
  ]);
  return { out, error, code };
}

describe('status-line.mjs', () => {
  it('carries the status to the daemon and prints its row', async () => {
    openDoor();
    expect(await run('status')).toEqual({ out: 'first row\n', error: '', code: 0 });
    expect(heard).toEqual(['/status Bearer abc {"a":1}']);
  });

  it('carries a hook and prints the reply as it is', async () => {
    openDoor();
    expect(await run('hook')).toEqual({ out: '{"continue":true}', error: '', code: 0 });
    expect(heard).toEqual(['/hook Bearer abc {"a":1}']);
  });

  it('prints something harmless when the daemon is away, refuses, or was never there', async () => {
    expect(await run('status')).toEqual({ out: 'missiond: away\n', error: '', code: 0 });
    openDoor('/refuse');
    expect(await run('status')).toEqual({ out: 'missiond: away\n', error: '', code: 0 });
    server.closeAllConnections();
    server.close();
    expect(await run('status')).toEqual({ out: 'missiond: away\n', error: '', code: 0 });
    expect(await run('hook')).toEqual({ out: '', error: '', code: 0 });
  });
});
