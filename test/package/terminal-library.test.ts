import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Not there for the test: a library that loaded them would fail. */
const NATIVE: ReadonlySet<string> = new Set(['node-pty', 'better-sqlite3']);

let directory: string;

/** The package as npm would publish it, installed beside its dependencies but for the native ones. */
beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'missiond-package-'));
  const modules = path.join(directory, 'node_modules');
  const installed = path.join(modules, 'missiond');
  mkdirSync(installed, { recursive: true });
  execFileSync('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', directory], {
    cwd: ROOT,
  });
  const packed = readdirSync(directory).find((file) => file.endsWith('.tgz')) ?? '';
  execFileSync('tar', ['-xzf', path.join(directory, packed), '-C', installed, '--strip-components=1']);
  for (const name of readdirSync(path.join(ROOT, 'node_modules'))) {
    if (NATIVE.has(name) || name.startsWith('.')) continue;
    symlinkSync(path.join(ROOT, 'node_modules', name), path.join(modules, name));
  }
});
afterAll(() => rmSync(directory, { recursive: true }));

/** What a program wrote to its terminal, as a stream of bytes. */
function recorded(name: string): string {
  return readFileSync(path.join(ROOT, 'test', 'fixtures', 'recordings', `${name}.cast`), 'utf8')
    .split('\n')
    .slice(1)
    .filter((line) => line !== '')
    .map((line): [number, string, string] => JSON.parse(line))
    .map(([, kind, data]) => (kind === 'o' ? data : ''))
    .join('');
}

async function run(
  program: string,
  input: string,
): Promise<{ readonly code: unknown; readonly output: string }> {
  const file = path.join(directory, 'example.mjs');
  writeFileSync(file, program);
  const child = spawn(process.execPath, [file], { cwd: directory, stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.end(input);
  const [output, errors, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  return { code, output: output + errors };
}

test('the example of the README reads a real session, with neither node-pty nor SQLite at hand', async () => {
  const readme = readFileSync(path.join(ROOT, 'README.md'), 'utf8');
  const example = /```js\n(import \{ createTerminalSession \}[\s\S]*?)```/.exec(readme)?.[1] ?? '';
  expect(example.trim().split('\n')).toHaveLength(5);
  const { code, output } = await run(example, recorded('2.1.329-trust'));
  expect(output).toMatch(/^starting\n/);
  expect(output).toMatch(/idle\n/);
  expect(output).toContain('the prompt box has come and stays');
  expect(code).toBe(0);
});

test('hooks are heard and the reason is told', async () => {
  const { code, output } = await run(
    `import { createTerminalSession, createVirtualClock, parseHookBody } from 'missiond/terminal';
     const clock = createVirtualClock();
     const session = createTerminalSession({ clock, sessionId: 's' });
     session.hear(parseHookBody({ hook_event_name: 'UserPromptSubmit', session_id: 's', prompt: 'x' }));
     console.log(session.view().state, '|', session.view().why.because);
     session.exited(0, null);
     console.log(session.view().state);
     session.dispose();`,
    '',
  );
  expect(output).toBe('thinking | a prompt was submitted\nexited\n');
  expect(code).toBe(0);
});

test('its types are published', () => {
  const declared = path.join(
    directory,
    'node_modules',
    'missiond',
    'dist',
    'actors',
    'terminal-library.d.ts',
  );
  expect(readFileSync(declared, 'utf8')).toContain('createTerminalSession');
});
