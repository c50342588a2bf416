import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runningSessions } from '../../../services/claude/running-sessions.ts';
import { readSessionStatus } from '../../../services/claude/session-registry.ts';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'missiond-registry-'));
  mkdirSync(path.join(directory, 'sessions'));
});
afterEach(() => rmSync(directory, { recursive: true }));

function write(pid: number, value: unknown): void {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  writeFileSync(path.join(directory, 'sessions', `${pid}.json`), text);
}

const me = process.pid;
const session = { pid: me, sessionId: 'a', version: '2.1.329', status: 'busy', statusUpdatedAt: 5 };

describe('readSessionStatus', () => {
  it('tells what the process said', async () => {
    write(me, { ...session, status: 'waiting', waitingFor: 'permission prompt' });
    expect(await readSessionStatus(directory, me)).toEqual({
      sessionId: 'a',
      status: 'waiting',
      waitingFor: 'permission prompt',
      updatedAt: 5,
      version: '2.1.329',
    });
  });

  it.each([
    ['no file', null],
    ['half a file', '{"pid": 1'],
    ['another pid', { ...session, pid: 1 }],
  ])('%s tells nothing', async (_, value) => {
    if (value !== null) write(me, value);
    expect(await readSessionStatus(directory, me)).toBeNull();
  });

  it('a pipe in its place keeps nobody waiting, and what is too large is not read', async () => {
    execFileSync('mkfifo', [path.join(directory, 'sessions', `${me}.json`)]);
    expect(await readSessionStatus(directory, me)).toBeNull();
    expect(await runningSessions([directory])).toEqual([]);
    rmSync(path.join(directory, 'sessions', `${me}.json`));
    write(me, { ...session, cwd: '/x'.repeat(100_000) });
    expect(await readSessionStatus(directory, me)).toBeNull();
  });

  it('a status it does not know is unknown', async () => {
    write(me, { ...session, status: 'dreaming' });
    expect(await readSessionStatus(directory, me)).toMatchObject({ status: 'unknown' });
  });

  it.runIf(process.platform === 'linux')('a file that stayed behind is not believed', async () => {
    const gone = 2 ** 22 - 7;
    write(gone, { ...session, pid: gone });
    expect(await readSessionStatus(directory, gone)).toBeNull();
    write(me, { ...session, procStart: '1' });
    expect(await readSessionStatus(directory, me)).toBeNull();
    const stat = readFileSync('/proc/self/stat', 'utf8');
    const procStart = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    write(me, { ...session, procStart });
    expect(await readSessionStatus(directory, me)).toMatchObject({ status: 'busy' });
  });
});
