import { within } from '../../deadline/within.ts';
import type { RunOverSsh } from '../../discovery/run-over-ssh.ts';
import { messageOf } from '../../errors/message-of.ts';
import { MissionError } from '../../errors/mission-error.ts';
import { createRoom, type Room } from '../../router/room.ts';
import { askTailscale, type TailscaleAnswer } from './tailscale.ts';
import { CHANNELS, type Channel, type Looked, unknown, type Way } from './way.ts';
import { type ReachTarget, waysOf } from './ways-of.ts';

/** Each way is a connection, and most a program or two. Of all callers together. */
const AT_ONCE = 8;
/** A caller waits no longer, however many machines there are. */
const WHOLE_CALL_MS = 60_000;

export interface ReachedWay extends Looked {
  readonly channel: Channel;
  readonly address: string;
  readonly ms: number;
}

export type Severity = 'green' | 'yellow' | 'red';

export interface Reached {
  readonly target: string;
  readonly name: string;
  readonly channels: readonly ReachedWay[];
  readonly summary: string;
  /** Red: by no way. Yellow: by some, or none could be tried. */
  readonly severity: Severity;
}

export interface ReachRequest {
  readonly targets: readonly ReachTarget[];
  /** All without it. */
  readonly channels?: readonly Channel[] | undefined;
  readonly signal: AbortSignal;
}

/** Looks by which ways machines can be reached. @throws MissionError `cancelled` */
export type CheckReachability = (request: ReachRequest) => Promise<readonly Reached[]>;

function judged({ id, name }: ReachTarget, channels: readonly ReachedWay[]): Reached {
  const tried = channels.filter(({ result }) => result !== 'unknown');
  const reached = tried.filter(({ result }) => result === 'reachable').length;
  const untried = channels.length - tried.length;
  const summary =
    channels.length === 0
      ? 'servers.yaml names no way to it'
      : `${reached}/${tried.length} channels reachable${untried === 0 ? '' : `, ${untried} could not be tried`}`;
  const severity =
    tried.length === 0 ? 'yellow' : reached === 0 ? 'red' : reached < tried.length ? 'yellow' : 'green';
  return { target: id, name, channels, summary, severity };
}

async function lookBy(way: Way, signal: AbortSignal, room: Room): Promise<ReachedWay> {
  const { channel, address, withinMs } = way;
  const leave = await room.enter(signal).catch(() => null);
  const began = performance.now();
  const looked =
    leave === null
      ? unknown('there was no time left for it')
      : await way.look(within(withinMs, signal)).catch((error: unknown) => unknown(messageOf(error)));
  leave?.();
  return { channel, address, ...looked, ms: Math.round(performance.now() - began) };
}

export function createReachabilityCheck({
  env,
  ssh,
}: {
  readonly env: NodeJS.ProcessEnv;
  readonly ssh: RunOverSsh;
}): CheckReachability {
  const room = createRoom(() => AT_ONCE);
  return async ({ targets, channels = CHANNELS, signal }) => {
    const all = within(WHOLE_CALL_MS, signal);
    let asked: Promise<TailscaleAnswer> | undefined;
    const tools = {
      env,
      ssh,
      tailscale: (of: AbortSignal) => {
        asked ??= askTailscale(env, of);
        return asked;
      },
    };
    const wanted = new Set(channels);
    const ways = targets.map((target) => ({ target, ways: waysOf(target, wanted, tools) }));
    const results = new Map<Way, ReachedWay>();
    const waiting = ways.flatMap(({ ways: of }) => of).values();
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        for (const way of waiting) results.set(way, await lookBy(way, all, room));
      }),
    );
    if (signal.aborted) throw new MissionError('cancelled', 'Looking for the machines was called off.');
    return ways.map(({ target, ways: of }) =>
      judged(
        target,
        of.map((way) => results.get(way)).filter((one) => one !== undefined),
      ),
    );
  };
}
