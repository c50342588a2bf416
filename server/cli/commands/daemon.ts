import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { MissionError } from '../../../services/errors/mission-error.ts';
import { homeIsLocked } from '../../home-lock.ts';
import { callDaemon } from '../call-daemon.ts';
import type { Command } from '../command.ts';

/** Ending agents takes up to 5 s each, all at once; a loaded machine may take longer. */
const DOWN_WITHIN_MS = 30_000;
const LOOK_EVERY_MS = 50;

const address = (port: number, token: string): string => `http://127.0.0.1:${port}/#token=${token}`;

export const up: Command = {
  name: 'up',
  summary: 'start the daemon, or say that it runs',
  usage: '[--foreground]',
  options: {
    foreground: { type: 'boolean', help: 'stay in this terminal; Ctrl+C stops the daemon and its agents' },
    detach: { type: 'boolean', help: 'start in the background (the default)' },
  },
  words: [0, 0],
  async run({ values }, { home, env, print }) {
    if (values['foreground'] === true) {
      const { runDaemon } = await import('../../daemon.ts');
      return runDaemon({
        home,
        env,
        onReady: ({ port, token, pid }) =>
          print(
            { running: true, pid, port, home, url: address(port, token) },
            () => `missiond runs (process ${pid}): ${address(port, token)}\n`,
          ),
      });
    }
    const { ensureDaemon } = await import('../../ensure-daemon.ts');
    const { port, token, pid, started } = await ensureDaemon(home, env);
    print(
      { running: true, started, pid, port, home, url: address(port, token) },
      () => `missiond ${started ? 'runs' : 'already runs'} (process ${pid}): ${address(port, token)}\n`,
    );
    return 0;
  },
};

export const down: Command = {
  name: 'down',
  summary: 'stop the daemon and its agents',
  usage: '[--keep-agents]',
  options: {
    'keep-agents': {
      type: 'boolean',
      help: 'leave the agents running in the pty host; the next daemon finds them',
    },
  },
  words: [0, 0],
  async run({ values }, { home, print }) {
    await callDaemon(home, 'POST', '/api/down', { keepAgents: values['keep-agents'] === true });
    const deadline = Date.now() + DOWN_WITHIN_MS;
    while (homeIsLocked(home)) {
      if (Date.now() > deadline) {
        throw new MissionError(
          'timeout',
          `The daemon was told to stop but still runs after ${DOWN_WITHIN_MS} ms.`,
          { remedy: `See ${path.join(home, 'logs', 'missiond.log')}.` },
        );
      }
      await sleep(LOOK_EVERY_MS);
    }
    print({ stopped: true }, () => 'missiond has stopped.\n');
    return 0;
  },
};
