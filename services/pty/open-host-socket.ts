import type { ChildProcess } from 'node:child_process';
import { setTimeout as wait } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { MissionError } from '../errors/mission-error.ts';
import { MOST_ANSWER_BYTES } from './protocol.ts';
import { ptyHostLog, ptyHostSocket, startPtyHost } from './start-pty-host.ts';

/** A host needs about 0.3 s to listen; on a machine with a load of 100 one needed more than 15 s. */
const START_AT_MOST_MS = 60_000;
/** A host that ended with an error so often is not going to run. */
const MOST_FAILURES = 3;
/** How often a host that is starting is asked for. */
const RETRY_MS = 30;
/**
 * A host that finds another one ends at once. When the other was just ending itself, nobody is left: then one more is
 * started, but not in a frenzy when it cannot run at all.
 */
const RESTART_MS = 1_000;
/** The kernel's limit for the path of a socket: 108 bytes on Linux, 104 on macOS, with a zero at the end. */
const MOST_PATH_BYTES = 103;

export interface ConnectOptions {
  readonly home: string;
  /** The command that starts a host, without `--home`; absent: only connect to one that runs. */
  readonly hostCommand?: readonly [string, ...string[]];
  readonly signal?: AbortSignal;
}

function open(socketFile: string): Promise<WebSocket | null> {
  return new Promise((resolve) => {
    const socket = new WebSocket(`ws+unix://${socketFile}:/`, {
      maxPayload: MOST_ANSWER_BYTES,
      perMessageDeflate: false,
    });
    socket.once('open', () => resolve(socket));
    socket.once('error', () => resolve(null));
  });
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
}

/**
 * A connection to the host of this home; starts one when none answers and a command is given.
 * @throws MissionError `pty_host_unreachable`, `config_invalid` when the home's path is too long, `cancelled`
 */
export async function openHostSocket({ home, hostCommand, signal }: ConnectOptions): Promise<WebSocket> {
  const socketFile = ptyHostSocket(home);
  if (Buffer.byteLength(socketFile) > MOST_PATH_BYTES) {
    throw new MissionError('config_invalid', `The path ${socketFile} is too long for a socket.`, {
      remedy: 'Choose a shorter MISSIOND_HOME.',
    });
  }
  let socket = await open(socketFile);
  if (socket !== null) return socket;
  if (hostCommand !== undefined) {
    let child = startPtyHost(hostCommand, home);
    let startedAt = Date.now();
    let failures = 0;
    const deadline = startedAt + START_AT_MOST_MS;
    while (Date.now() < deadline && failures < MOST_FAILURES) {
      if (signal?.aborted === true)
        throw new MissionError('cancelled', 'The wait for the pty host was given up.');
      socket = await open(socketFile);
      if (socket !== null) return socket;
      if (hasEnded(child) && Date.now() - startedAt > RESTART_MS) {
        if (child.exitCode !== 0) failures += 1;
        child = startPtyHost(hostCommand, home);
        startedAt = Date.now();
      }
      await wait(RETRY_MS);
    }
  }
  throw new MissionError('pty_host_unreachable', `No pty host answers on ${socketFile}.`, {
    remedy:
      hostCommand === undefined
        ? 'Start the daemon: it starts the host.'
        : `See ${ptyHostLog(home)} for why.`,
  });
}
