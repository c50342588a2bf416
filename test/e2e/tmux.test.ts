import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createTmuxServer } from '../tmux-server.ts';
import { CLI, createWorld, type Daemon, type World } from './world.ts';

const WAIT = { timeout: 90_000, interval: 50 };
const tmux = createTmuxServer('the team in tmux');

describe.skipIf(tmux === null)('the team in tmux', () => {
  let world: World;
  let daemon: Daemon;
  beforeAll(async () => {
    world = await createWorld();
    daemon = await world.start();
  });
  afterAll(async () => {
    tmux?.close();
    expect(await world.close()).toEqual([]);
  });

  test('a window shows the agent and takes keys; closing it ends no session, and it comes again', async () => {
    if (tmux === null) return;
    await daemon.client.ptySpawn({ slotId: 'coder-1', waitForIdle: true });
    const sessionOf = async () => {
      const { slots } = await daemon.client.slots({});
      return slots.find(({ id }) => id === 'coder-1')?.sessionId;
    };
    const sessionId = await sessionOf();
    expect(sessionId).toBeDefined();
    const open = () =>
      JSON.parse(
        execFileSync(process.execPath, [CLI, 'tmux', '--detached', '--json', '--socket', tmux.socket], {
          env: world.env,
          encoding: 'utf8',
        }),
      );
    expect(open()).toEqual({ session: 'missiond', opened: ['coder-1', 'researcher-1'] });
    const window = '=missiond:=coder-1';
    const screen = (): string => tmux.ask('capture-pane', '-p', '-t', window);
    await vi.waitFor(() => expect(screen()).toMatch(/❯|>/), WAIT);
    tmux.ask('send-keys', '-t', window, '-l', 'say "typed in tmux"');
    await vi.waitFor(() => expect(screen()).toContain('typed in tmux'), WAIT);
    tmux.ask('kill-window', '-t', window);
    expect(open().opened).toEqual(expect.arrayContaining(['coder-1']));
    await vi.waitFor(() => expect(screen()).toContain('typed in tmux'), WAIT);
    expect(await sessionOf()).toBe(sessionId);
    // Nobody had started that one: the window says so, and what to do.
    await vi.waitFor(
      () =>
        expect(tmux.ask('capture-pane', '-p', '-S', '-', '-t', '=missiond:=researcher-1')).toContain(
          'missiond',
        ),
      WAIT,
    );
  });
});
