import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readAttachCommand } from '../../../server/attach/attach-options.ts';
import { COMMANDS } from '../../../server/cli/commands.ts';
import { parseCommand } from '../../../server/cli/parse-command.ts';
import { type OpenDoors, openDoors } from '../open-doors.ts';
import { runCli } from './run-cli.ts';

const PROGRAM = fileURLToPath(new URL('../../../server/cli/missiond.ts', import.meta.url));

/** Every option that takes no value, as each of its spellings, of every command that takes a word. */
const SWITCHES = COMMANDS.filter(({ words: [, most] }) => most > 0).flatMap((command) =>
  Object.entries({
    ...command.options,
    json: { type: 'boolean' as const, short: undefined, mayBeBare: undefined },
  })
    .filter(([, { type, mayBeBare }]) => type === 'boolean' || mayBeBare === true)
    .flatMap(([name, { short }]) => [`--${name}`, ...(short === undefined ? [] : [`-${short}`])])
    .map((option) => ({ command, name: command.name, option })),
);

test('there are switches to try, with a short spelling among them', () => {
  expect(SWITCHES.map(({ name, option }) => `${name} ${option}`)).toEqual(
    expect.arrayContaining(['logs -f', 'logs --follow', 'worker --keep', 'restart --json']),
  );
});

test.each(SWITCHES)('missiond $name: $option takes no word for its value', ({ command, option }) => {
  const [least] = command.words;
  const words = Array.from({ length: Math.max(least, 1) }, (_, index) => `fox${index}`);
  const before = parseCommand(command, [option, ...words]);
  expect(before.positionals).toEqual(words);
  expect(parseCommand(command, [...words, option])).toEqual(before);
});

describe('what is attached to is the word, wherever the options stand', () => {
  let home: string;
  beforeEach(() => {
    home = mkdtempSync(path.join(os.tmpdir(), 'missiond-options-'));
    const daemon = { pid: 1, port: 9, token: 'x'.repeat(32) };
    writeFileSync(path.join(home, 'daemon.json'), JSON.stringify(daemon), { mode: 0o600 });
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  test.each([
    [['--read-only', 'shop/fox']],
    [['-r', 'shop/fox']],
    [['shop/fox', '-r']],
    [['-r', '--', 'shop/fox']],
  ])('%j', (argv) => {
    const read = readAttachCommand(argv, { MISSIOND_HOME: home });
    expect(read).toMatchObject({ type: 'attach', target: { slot: 'shop.fox', readOnly: true } });
  });
});

describe('missiond restart', () => {
  let doors: OpenDoors;
  beforeEach(async () => {
    doors = await openDoors();
    await doors.client.ptySpawn({ slotId: 'coder-1' });
    await doors.client.ptySpawn({ slotId: 'coder-2' });
  });
  afterEach(() => doors.close());
  const sessions = async () =>
    Object.fromEntries(
      (await doors.client.ptyStatus({})).slots.map(({ slotId, sessionId }) => [slotId, sessionId]),
    );

  test('ends the session that is named and no other; an option it does not have ends none', async () => {
    const before = await sessions();
    const refused = await runCli(['restart', '--force', 'coder-1', '--home', doors.home]);
    expect(refused).toMatchObject({
      status: 2,
      err: expect.stringContaining('Usage: missiond restart SLOT'),
    });
    expect(await sessions()).toEqual(before);
    expect((await runCli(['restart', '--json', 'coder-1', '--home', doors.home])).status).toBe(0);
    const after = await sessions();
    expect(after['coder-1']).not.toBe(before['coder-1']);
    expect(after['coder-2']).toBe(before['coder-2']);
  });
});

describe('missiond logs', () => {
  let home: string;
  let log: string;
  beforeEach(() => {
    home = mkdtempSync(path.join(os.tmpdir(), 'missiond-follow-'));
    mkdirSync(path.join(home, 'logs'));
    log = path.join(home, 'logs', 'slot-shop.fox.log');
    writeFileSync(log, 'the first\n');
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  test.each([[['-f', 'shop/fox']], [['shop/fox', '-f']], [['--lines', '5', '--follow', 'shop.fox']]])(
    '%j follows that log',
    async (words) => {
      const args = ['--import', import.meta.resolve('tsx'), PROGRAM, 'logs', ...words, '--home', home];
      const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
      const ended = once(child, 'exit');
      let said = '';
      for await (const piece of child.stdout) {
        said += String(piece);
        if (said === 'the first\n') appendFileSync(log, 'the second\n');
        if (said.endsWith('the second\n')) child.kill('SIGINT');
      }
      expect(said).toBe('the first\nthe second\n');
      expect(await ended).toEqual([0, null]);
    },
  );
});
