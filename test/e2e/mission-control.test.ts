import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { MissionControl } from '../../server/client/mission-control.ts';
import { CLI, createWorld, type World } from './world.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

let world: World;
beforeEach(async () => {
  world = await createWorld();
});
afterEach(async () => {
  expect(await world.close()).toEqual([]);
});

async function run(...args: readonly string[]): Promise<{ readonly code: unknown; readonly output: string }> {
  const child = spawn(process.execPath, args, { env: world.env, stdio: ['ignore', 'pipe', 'pipe'] });
  const [output, errors, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  return { code, output: output + errors };
}

test('the example of the README starts the daemon, answers what is asked, and hears the answer', async () => {
  const readme = readFileSync(path.join(ROOT, 'README.md'), 'utf8');
  const [, example = ''] = /```js\n( *import \{ MissionControl \}[\s\S]*?)```/.exec(readme) ?? [];
  expect(example).toContain('new MissionControl()');
  const modules = path.join(world.home, 'node_modules');
  mkdirSync(modules);
  symlinkSync(ROOT, path.join(modules, 'missiond'));
  const program = path.join(world.home, 'example.mjs');
  // The scripted model does what it is told in words of its own.
  const asks = `tool: Bash ${JSON.stringify({ command: 'touch hello.txt', description: 'x' })}`;
  writeFileSync(program, example.replace("'Write hello into hello.txt'", JSON.stringify(asks)));
  try {
    const { code, output } = await run(program);
    expect({ code, output }).toMatchObject({ code: 0 });
    expect(output).toMatch(/thinking\n[\s\S]*confirming\n[\s\S]*idle\n/);
    expect(existsSync(path.join(path.dirname(world.home), 'work', 'coder-1', 'hello.txt'))).toBe(true);
    expect((await run(CLI, 'status', '--home', world.home)).output).toMatch(/coder-1/);
  } finally {
    await run(CLI, 'down', '--home', world.home);
  }
});

test('a program hears sessions over a restart of the daemon, and its sessions are the same', async () => {
  const first = await world.start();
  const mission = new MissionControl({ home: world.home });
  const heard: string[] = [];
  mission.on('connected', () => heard.push('connected'));
  mission.on('disconnected', () => heard.push('disconnected'));
  try {
    await mission.connect();
    const session = await mission.pty.spawn('researcher-1', 'claude');
    expect(await session.send('say: one')).toBe('one');
    await first.kill9();
    const again = once(mission, 'connected');
    await world.start();
    await again;
    expect(heard).toEqual(['connected', 'disconnected', 'connected']);
    const said = once(session, 'text');
    await mission.client.submit({ slotId: 'researcher-1', prompt: 'say: two' });
    expect(await said).toMatchObject([{ text: 'two', slotId: 'researcher-1' }]);
    const over = once(session, 'exit');
    await session.kill();
    await over;
  } finally {
    await mission.close();
  }
});

test('what cannot be reached is said when it is asked for', async () => {
  const mission = new MissionControl({ url: 'http://127.0.0.1:1', token: 'x' });
  await expect(mission.connect()).rejects.toMatchObject({ code: 'daemon_unreachable' });
  await mission.close();
});
