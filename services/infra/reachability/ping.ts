import { isIPv6 } from 'node:net';
import { messageOf } from '../../errors/message-of.ts';
import { runProgram } from '../../processes/run-program.ts';
import { type Looked, REACHABLE, unknown, unreachable } from './way.ts';

/** One packet may be lost. */
const PACKETS = '2';
const ANSWER_WITHIN_S = 2;
/** No answer came. Others mean that nothing was sent. */
const NO_ANSWER = 1;

/** The words of the ping program: macOS counts the wait in milliseconds and has another program for version 6. */
export function pingCommand(platform: NodeJS.Platform, host: string): readonly string[] {
  if (platform !== 'darwin') return ['ping', '-c', PACKETS, '-W', String(ANSWER_WITHIN_S), '--', host];
  // Its ping6 knows no such wait; the whole is bounded all the same.
  if (isIPv6(host)) return ['ping6', '-c', PACKETS, '--', host];
  return ['ping', '-c', PACKETS, '-W', String(ANSWER_WITHIN_S * 1_000), '--', host];
}

/** Asks the ping program of this machine: raw sockets are for root, and it has the right to them. */
export async function ping(host: string, env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<Looked> {
  let said = '';
  let status: number | undefined;
  try {
    await runProgram(pingCommand(process.platform, host), '', {
      // macOS keeps it in /sbin.
      env: { PATH: `${env['PATH'] ?? '/usr/bin:/bin'}:/sbin:/usr/sbin`, LC_ALL: 'C' },
      signal,
      printed: (text) => {
        said = text;
      },
      ended: (code) => {
        status = code;
      },
    });
    return REACHABLE;
  } catch (error) {
    if (signal.aborted) return unreachable('no answer in time');
    const why = messageOf(error);
    if (why.includes('could not be started')) return unknown('there is no ping program here');
    if (/not permitted|permission denied|must be root|lacking privilege/i.test(said))
      return unknown('the ping program may not send packets here');
    if (/unknown host|not known|failure in name|cannot resolve|bad address|no address/i.test(said))
      return unreachable('the name is not known');
    return status === NO_ANSWER
      ? unreachable(`no answer to ${PACKETS} packets`)
      : unknown(`ping failed: ${why}`);
  }
}
