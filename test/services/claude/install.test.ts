import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cacheDirectory, ensureClaudeCode } from '../../../services/claude/install.ts';

let directory: string;
const realPath = process.env['PATH'];

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'missiond-install-'));
});
afterEach(() => {
  process.env['PATH'] = realPath;
  rmSync(directory, { recursive: true });
});

/** An npm that installs a program which only knows its version, and notes that it ran. */
function fakeNpm(body: string): void {
  const bin = path.join(directory, 'bin');
  mkdirSync(bin, { recursive: true });
  writeFileSync(path.join(bin, 'npm'), `#!/bin/sh\necho ran >> '${directory}/runs'\n${body}\n`);
  chmodSync(path.join(bin, 'npm'), 0o755);
  process.env['PATH'] = `${bin}:${realPath}`;
}

const INSTALLS = `
mkdir -p node_modules/.bin
printf '#!/bin/sh\\necho "9.8.7 (Claude Code)"\\n' > node_modules/.bin/claude
chmod 755 node_modules/.bin/claude`;

function runs(): number {
  return readdirSync(directory).includes('runs') ? 1 : 0;
}

describe('ensureClaudeCode', () => {
  const options = () => ({ version: '9.8.7', cacheDirectory: path.join(directory, 'cache') });

  it('fetches once, then takes what is there', async () => {
    fakeNpm(INSTALLS);
    const said: string[] = [];
    const first = await ensureClaudeCode({ ...options(), onProgress: (sentence) => said.push(sentence) });
    const file = path.join(directory, 'cache/claude-code/9.8.7/node_modules/.bin/claude');
    expect(first).toEqual({ file, version: '9.8.7' });
    expect(said).toEqual([expect.stringContaining('9.8.7')]);
    rmSync(path.join(directory, 'runs'));
    expect(await ensureClaudeCode(options())).toEqual(first);
    expect(runs()).toBe(0);
  });

  it('gives two that race the same program, and leaves nothing behind', async () => {
    fakeNpm(INSTALLS);
    const [one, two] = await Promise.all([ensureClaudeCode(options()), ensureClaudeCode(options())]);
    expect(one).toEqual(two);
    expect(readdirSync(path.join(directory, 'cache/claude-code'))).toEqual(['9.8.7']);
  });

  it('replaces what does not run', async () => {
    const broken = path.join(directory, 'cache/claude-code/9.8.7/node_modules/.bin');
    mkdirSync(broken, { recursive: true });
    writeFileSync(path.join(broken, 'claude'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
    fakeNpm(INSTALLS);
    expect(await ensureClaudeCode(options())).toMatchObject({ version: '9.8.7' });
  });

  it('says what npm said when it fails, and leaves nothing behind', async () => {
    fakeNpm('echo "npm error code ENOTFOUND" >&2; exit 1');
    await expect(ensureClaudeCode(options())).rejects.toMatchObject({
      code: 'claude_missing',
      message: expect.stringContaining('ENOTFOUND'),
      remedy: expect.stringContaining('command:'),
    });
    expect(readdirSync(path.join(directory, 'cache/claude-code'))).toEqual([]);
  });
});

it.each([
  [{ MISSIOND_CACHE: '/c', XDG_CACHE_HOME: '/x', HOME: '/h' }, '/c'],
  [{ XDG_CACHE_HOME: '/x', HOME: '/h' }, '/x/missiond'],
  [{ XDG_CACHE_HOME: 'relative', HOME: '/h' }, '/h/.cache/missiond'],
  [{ HOME: '/h' }, '/h/.cache/missiond'],
])('cacheDirectory(%o) is %s', (env, expected) => {
  expect(cacheDirectory(env)).toBe(expected);
});
