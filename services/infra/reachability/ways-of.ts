import { isIP } from 'node:net';
import { PART } from '../../discovery/probe-script.ts';
import type { RunOverSsh } from '../../discovery/run-over-ssh.ts';
import { type SshTarget, targetWords } from '../../discovery/ssh-target.ts';
import { messageOf } from '../../errors/message-of.ts';
import { withholdSecrets } from '../withhold-secrets.ts';
import { askEndpoint } from './ask-endpoint.ts';
import { connect } from './connect.ts';
import { ping } from './ping.ts';
import { isOfTailnet, lookInTailnet, type TailscaleAnswer } from './tailscale.ts';
import { type Channel, type Looked, REACHABLE, unknown, unreachable, type Way } from './way.ts';

/** Two packets, two seconds each, and a program that starts on a busy machine. */
const PING_WITHIN_MS = 8_000;
const CONNECT_WITHIN_MS = 5_000;
/** A health endpoint looks at a database before it answers. */
const ENDPOINT_WITHIN_MS = 10_000;
/** ssh itself connects within 10 s; then the keys are exchanged. */
const SSH_WITHIN_MS = 15_000;
const TAILSCALE_WITHIN_MS = 8_000;
const SSH_PORT = 22;
const SAYS_ITS_END = `printf '\\n${PART}end\\n'\n`;

/** What is looked for. */
export interface ReachTarget {
  readonly id: string;
  readonly name: string;
  readonly host?: string | undefined;
  readonly lan?: string | undefined;
  readonly ssh: readonly SshTarget[];
  readonly ports: readonly number[];
  readonly healthEndpoint?: string | undefined;
}

export interface WayTools {
  readonly env: NodeJS.ProcessEnv;
  readonly ssh: RunOverSsh;
  /** Asked once for all machines. */
  readonly tailscale: (signal: AbortSignal) => Promise<TailscaleAnswer>;
}

async function reachBySsh(target: SshTarget, ssh: RunOverSsh, signal: AbortSignal): Promise<Looked> {
  try {
    await ssh({ target, script: SAYS_ITS_END, withinMs: SSH_WITHIN_MS, signal });
    return REACHABLE;
  } catch (error) {
    const why = messageOf(error);
    return why.includes('could not be started') ? unknown('there is no ssh program here') : unreachable(why);
  }
}

/** A `Host` of ~/.ssh/config is known to ssh alone. */
const isAddress = (of: Pick<ReachTarget, 'host' | 'lan'>, host: string): boolean =>
  isIP(host) !== 0 || host.includes('.') || host === of.host || host === of.lan;

/** Every way to a machine that there is, among `channels`. */
export function waysOf(target: ReachTarget, channels: ReadonlySet<Channel>, tools: WayTools): readonly Way[] {
  const { id, host, lan, ssh, ports, healthEndpoint } = target;
  const pings = [
    ...(lan === undefined ? [] : [{ channel: 'lan_ping' as const, at: lan }]),
    ...(host === undefined || host === lan ? [] : [{ channel: 'public_ping' as const, at: host }]),
  ];
  const places = [
    ...ssh
      .filter((one) => isAddress(target, one.host))
      .map((one) => [one.host, one.port ?? SSH_PORT] as const),
    ...[lan, host].flatMap((at) => (at === undefined ? [] : ports.map((port) => [at, port] as const))),
  ];
  const unique = [...new Map(places.map((place) => [place.join(' '), place])).values()];
  const addresses = [host, lan, ...ssh.map((one) => one.host)].filter((one) => one !== undefined);
  const ways: readonly Way[] = [
    ...pings.map(
      ({ channel, at }): Way => ({
        channel,
        address: at,
        withinMs: PING_WITHIN_MS,
        look: (signal) => ping(at, tools.env, signal),
      }),
    ),
    ...unique.map(
      ([at, port]): Way => ({
        channel: 'tcp',
        address: targetWords({ host: at, port }),
        withinMs: CONNECT_WITHIN_MS,
        look: (signal) => connect(at, port, signal),
      }),
    ),
    ...ssh.map(
      (one): Way => ({
        channel: 'ssh',
        address: targetWords(one),
        withinMs: SSH_WITHIN_MS,
        look: (signal) => reachBySsh(one, tools.ssh, signal),
      }),
    ),
    ...(healthEndpoint === undefined
      ? []
      : [
          {
            channel: 'deploy_agent' as const,
            address: withholdSecrets(healthEndpoint),
            withinMs: ENDPOINT_WITHIN_MS,
            look: (signal: AbortSignal) => askEndpoint(healthEndpoint, signal),
          },
        ]),
    ...(addresses.some(isOfTailnet)
      ? [
          {
            channel: 'tailscale' as const,
            address: addresses.find(isOfTailnet) ?? id,
            withinMs: TAILSCALE_WITHIN_MS,
            look: async (signal: AbortSignal) =>
              lookInTailnet(await tools.tailscale(signal), [id, ...addresses]),
          },
        ]
      : []),
  ];
  return ways.filter(({ channel }) => channels.has(channel));
}
