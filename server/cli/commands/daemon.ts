import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { logsFolder } from '../../../services/config/home.ts';
import { MissionError } from '../../../services/errors/mission-error.ts';
import type { DaemonFile } from '../../daemon-file.ts';
import { homeIsLocked } from '../../home-lock.ts';
import { callDaemon } from '../call-daemon.ts';
import type { Command } from '../command.ts';
import { numberOf } from '../option-values.ts';

/** Ending agents takes up to 5 s each, all at once; a loaded machine may take longer. */
const DOWN_WITHIN_MS = 30_000;
const LOOK_EVERY_MS = 50;
const MS_PER_MINUTE = 60_000;

const address = ({ port, token }: DaemonFile): string => `http://127.0.0.1:${port}/#token=${token}`;

/** What is printed of a daemon that runs. */
function asJson(home: string, daemon: DaemonFile) {
  const { pid, port, outsideUrl } = daemon;
  return {
    running: true,
    pid,
    port,
    home,
    url: address(daemon),
    ...(outsideUrl === undefined ? {} : { outsideUrl }),
  };
}

function asText(how: string, daemon: DaemonFile): string {
  const { pid, outsideUrl } = daemon;
  const outside = outsideUrl === undefined ? '' : `from elsewhere, with a token: ${outsideUrl}\n`;
  return `missiond ${how} (process ${pid}): ${address(daemon)}\n${outside}`;
}

export const up: Command = {
  name: 'up',
  agents: 'nothing',
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
        onReady: (daemon) => print(asJson(home, daemon), () => asText('runs', daemon)),
      });
    }
    const { ensureDaemon } = await import('../../ensure-daemon.ts');
    const daemon = await ensureDaemon(home, env);
    const { started } = daemon;
    print({ ...asJson(home, daemon), started }, () => asText(started ? 'runs' : 'already runs', daemon));
    return 0;
  },
};

export const down: Command = {
  name: 'down',
  agents: 'nothing',
  summary: 'stop the daemon and its agents',
  usage: '[--finish [--within MINUTES]] [--keep-agents]',
  options: {
    'keep-agents': {
      type: 'boolean',
      help: 'leave the agents running in the pty host; the next daemon finds them',
    },
    finish: {
      type: 'boolean',
      help: 'begin nothing new, and stop when what runs has ended; queued tasks wait for the next daemon',
    },
    within: { type: 'string', help: 'with --finish: stop after so many minutes all the same' },
  },
  words: [0, 0],
  async run(parsed, { home, print }) {
    const { values } = parsed;
    const finish = values['finish'] === true;
    const minutes = numberOf(parsed, 'within', { whole: false });
    if (minutes !== undefined && !finish) {
      throw new MissionError('input_invalid', '--within says nothing without --finish.', {
        remedy: 'Add --finish, or leave --within out.',
      });
    }
    const withinMs = minutes === undefined ? undefined : Math.ceil(minutes * MS_PER_MINUTE);
    const keepAgents = values['keep-agents'] === true;
    await callDaemon(home, {
      method: 'POST',
      path: '/api/down',
      body: { keepAgents, finish, ...(withinMs === undefined ? {} : { withinMs }) },
    });
    const finishes = finish ? (withinMs ?? Number.POSITIVE_INFINITY) : 0;
    const deadline = Date.now() + finishes + DOWN_WITHIN_MS;
    while (homeIsLocked(home)) {
      if (Date.now() > deadline) {
        throw new MissionError(
          'timeout',
          `The daemon was told to stop but still runs after ${finishes + DOWN_WITHIN_MS} ms.`,
          { remedy: `See ${path.join(logsFolder(home), 'missiond.log')}.` },
        );
      }
      await sleep(LOOK_EVERY_MS);
    }
    print({ stopped: true }, () => 'missiond has stopped.\n');
    return 0;
  },
};
