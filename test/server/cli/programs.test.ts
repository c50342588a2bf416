import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const fileOf = (program: string): string =>
  fileURLToPath(new URL(`../../../server/cli/${program}.ts`, import.meta.url));

/** A program of the package with nothing on its input. */
async function run(program: string, args: readonly string[]) {
  const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), fileOf(program), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, MISSIOND_HOME: '/dev/null/no-home' },
  });
  const [out, err, [status]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  return { out, err, status };
}

test.each(['missiond', 'mission-mcp', 'missiond-attach'])(
  '%s: a wrong option is told with the usage and status 2, help is status 0',
  async (program) => {
    const wrong = await run(program, ['--bogus']);
    expect(wrong).toMatchObject({ status: 2, out: '' });
    expect(wrong.err).toContain('--bogus');
    expect(wrong.err).toContain(`Usage: ${program}`);
    expect(wrong.err).not.toMatch(/^\s+at /m);
    for (const asked of ['-h', '--help']) {
      const help = await run(program, [asked]);
      expect(help).toMatchObject({ status: 0, err: '' });
      expect(help.out).toContain(`Usage: ${program}`);
    }
  },
);
