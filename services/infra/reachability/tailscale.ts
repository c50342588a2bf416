import { BlockList, isIPv6 } from 'node:net';
import { z } from 'zod';
import { messageOf } from '../../errors/message-of.ts';
import { runProgram } from '../../processes/run-program.ts';
import { type Looked, REACHABLE, unknown, unreachable } from './way.ts';

/** A network of thousands of machines. */
const MOST_ANSWER_BYTES = 16 * 1024 * 1024;

const Peer = z.looseObject({
  HostName: z.string().optional(),
  DNSName: z.string().optional(),
  TailscaleIPs: z.array(z.string()).nullish(),
  Online: z.boolean().optional(),
});
const Status = z.looseObject({
  BackendState: z.string().optional(),
  Self: Peer.nullish(),
  Peer: z.record(z.string(), Peer).nullish(),
});
type TailscaleStatus = z.output<typeof Status>;

/** What it says of its network, or why it says nothing. */
export type TailscaleAnswer =
  | { readonly told: true; readonly status: TailscaleStatus }
  | { readonly told: false; readonly looked: Looked };

const OURS = new BlockList();
OURS.addSubnet('100.64.0.0', 10, 'ipv4');
OURS.addSubnet('fd7a:115c:a1e0::', 48, 'ipv6');

/** Whether an address can only be one of a tailnet. */
export const isOfTailnet = (address: string): boolean =>
  /\.ts\.net\.?$/i.test(address) || OURS.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');

/** Asks the tailscale program of this machine. */
export async function askTailscale(env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<TailscaleAnswer> {
  let answer = '';
  try {
    await runProgram(['tailscale', 'status', '--json'], '', {
      env: { PATH: env['PATH'], HOME: env['HOME'], LC_ALL: 'C' },
      signal,
      printed: () => {},
      answered: (text) => {
        answer = text;
      },
      mostAnswerBytes: MOST_ANSWER_BYTES,
    });
    return { told: true, status: Status.parse(JSON.parse(answer)) };
  } catch (error) {
    const why = signal.aborted
      ? 'the tailscale program did not answer in time'
      : messageOf(error).includes('could not be started')
        ? 'there is no tailscale program here'
        : 'the tailscale program did not tell its status';
    return { told: false, looked: unknown(why) };
  }
}

const plain = (name: string): string => name.toLowerCase().replace(/\.$/, '');

/** Whether a machine of these addresses and names is there, as the network sees it. */
export function lookInTailnet(answer: TailscaleAnswer, names: readonly string[]): Looked {
  if (!answer.told) return answer.looked;
  const { status } = answer;
  if (status.BackendState !== undefined && status.BackendState !== 'Running')
    return unknown(`tailscale is ${status.BackendState} here`);
  const wanted = new Set(names.map(plain));
  const isMeant = ({ HostName = '', DNSName = '', TailscaleIPs }: z.output<typeof Peer>): boolean =>
    [HostName, DNSName, DNSName.split('.')[0] ?? '', ...(TailscaleIPs ?? [])].some(
      (name) => name !== '' && wanted.has(plain(name)),
    );
  if (status.Self !== undefined && status.Self !== null && isMeant(status.Self)) return REACHABLE;
  const peer = Object.values(status.Peer ?? {}).find(isMeant);
  if (peer === undefined) return unreachable('the tailnet has no such machine');
  return peer.Online === true ? REACHABLE : unreachable('the tailnet says that it is offline');
}
