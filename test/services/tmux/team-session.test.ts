import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { openTeamSession, type TeamSessionOptions } from '../../../services/tmux/team-session.ts';
import { createTmux } from '../../../services/tmux/tmux.ts';
import { createTmuxServer, type TmuxServer } from '../../tmux-server.ts';

const isThere = createTmuxServer('a team in tmux') !== null;
const WAIT = { timeout: 20_000, interval: 20 };

describe.skipIf(!isThere)('a team in tmux', () => {
  let tmux: TmuxServer;
  beforeEach(() => {
    // One that was told to end may still be ending: each test has another.
    const server = createTmuxServer('a team in tmux');
    if (server !== null) tmux = server;
  });
  afterEach(() => tmux.close());

  const open = (more: Partial<TeamSessionOptions> = {}, slots: readonly string[] = ['fox', 'fox-1']) =>
    openTeamSession(
      createTmux(process.env, tmux.socket),
      {
        team: '/home/a one',
        usualName: 'mc-one',
        members: slots.map((slotId) => ({ slotId, name: slotId })),
        command: (slotId) => ['sh', '-c', 'echo "$1 is here"; exec sleep 600', 'sh', slotId],
        ...more,
      },
      new AbortController().signal,
    );
  const windows = (session: string): string[] =>
    tmux.ask('list-windows', '-t', `=${session}`, '-F', '#{window_name} #{@missiond-slot}').split('\n');
  const screen = (session: string, window: string): string =>
    tmux.ask('capture-pane', '-p', '-S', '-', '-t', `=${session}:=${window}`);

  test('each has a window, in which it can be seen; a second call adds who has come, and touches nothing else', async () => {
    expect(await open()).toEqual({ session: 'mc-one', opened: ['fox', 'fox-1'] });
    await vi.waitFor(() => expect(screen('mc-one', 'fox-1')).toContain('fox-1 is here'), WAIT);
    tmux.ask('new-window', '-d', '-t', '=mc-one:', '-n', 'mine', 'sleep 600');
    tmux.ask('rename-window', '-t', '=mc-one:=fox', 'renamed');
    expect(await open({}, ['fox', 'fox-1', 'owl'])).toEqual({ session: 'mc-one', opened: ['owl'] });
    expect(windows('mc-one')).toEqual(['renamed fox', 'fox-1 fox-1', 'mine ', 'owl owl']);
  });

  test('a window whose program has ended stays, and is started again; one that was closed comes again', async () => {
    const command = (slotId: string) => ['sh', '-c', `echo last words of ${slotId}`];
    const { session } = await open({ command });
    await vi.waitFor(() => expect(screen(session, 'fox')).toContain('last words of fox'), WAIT);
    const dead = () => tmux.ask('list-panes', '-s', '-t', `=${session}`, '-F', '#{pane_dead}').split('\n');
    await vi.waitFor(() => expect(dead()).toEqual(['1', '1']), WAIT);
    expect((await open()).opened).toEqual(['fox', 'fox-1']);
    await vi.waitFor(() => expect(screen(session, 'fox')).toContain('fox is here'), WAIT);
    tmux.ask('kill-window', '-t', `=${session}:=fox`);
    expect((await open()).opened).toEqual(['fox']);
  });

  test('names that begin alike, that tmux cannot have, or that are taken: none is mistaken for another', async () => {
    tmux.ask('new-session', '-d', '-s', 'mc-one', 'sleep 600');
    tmux.ask('new-session', '-d', '-s', 'mc-one-longer', 'sleep 600');
    expect((await open()).session).toBe('mc-one-2');
    expect((await open({ team: '/home/other one' })).session).toBe('mc-one-3');
    expect((await open({ team: 'dots', usualName: 'mc-my.repo:x y' })).session).toBe('mc-my_repo_x_y');
    expect((await open()).opened).toEqual([]);
    expect(windows('mc-one')).toHaveLength(1);
  });

  test('what stands in an argument is no command of tmux or of a shell', async () => {
    const slots = ['a'];
    const { session } = await open(
      {
        command: () => [
          'sh',
          '-c',
          'printf "<%s>\\n" "$@"; exec sleep 600',
          'sh',
          '$(id);',
          ';',
          'kill-server;',
        ],
      },
      slots,
    );
    await vi.waitFor(() => expect(screen(session, 'a')).toContain('<$(id);>\n<;>\n<kill-server;>'), WAIT);
  });
});
