import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { homeIsLocked, lockHome } from '../../server/home-lock.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'missiond-lock-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const module = fileURLToPath(new URL('../../dist/server/home-lock.js', import.meta.url));
const HOLD = `
import { lockHome } from ${JSON.stringify(module)};
try { globalThis.release = lockHome(process.argv[1]); console.log('mine'); } catch (error) { console.log(error.code); }
setInterval(() => {}, 1000);
`;

/** A process that takes the lock of the home and stays; says what came of it. */
async function contender() {
  const child = spawn(process.execPath, ['--input-type=module', '-e', HOLD, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [said] = await once(child.stdout, 'data');
  return { said: String(said).trim(), child };
}

async function kill9({ child }: Awaited<ReturnType<typeof contender>>): Promise<void> {
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

describe('one daemon a home', () => {
  it('goes to exactly one of those who come at once, also after the last holder was killed', async () => {
    for (let round = 0; round < 3; round++) {
      const all = await Promise.all(Array.from({ length: 4 }, contender));
      try {
        expect(all.map(({ said }) => said).sort()).toEqual([
          'daemon_running',
          'daemon_running',
          'daemon_running',
          'mine',
        ]);
        expect(homeIsLocked(folder)).toBe(true);
      } finally {
        await Promise.all(all.map(kill9));
      }
      expect(homeIsLocked(folder)).toBe(false);
    }
  });

  it('comes free when it is given back', () => {
    const release = lockHome(folder);
    expect(() => lockHome(folder)).toThrow(/daemon/);
    release();
    lockHome(folder)();
  });
});
