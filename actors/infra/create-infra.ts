import { SshHost, type SshTarget } from '../../services/discovery/ssh-target.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import type { Diagnose } from '../../services/infra/diagnose.ts';
import type { FollowedServers } from '../../services/infra/follow-servers.ts';
import type { CheckReachability } from '../../services/infra/reachability/check-reachability.ts';
import type { Channel } from '../../services/infra/reachability/way.ts';
import type { ReachTarget } from '../../services/infra/reachability/ways-of.ts';
import type { KnownServer } from '../../services/infra/servers.ts';
import {
  type DiagnosisView,
  diagnosisView,
  type ReachabilityView,
  reachabilityView,
  type ServerView,
  serverView,
} from './infra-views.ts';

/** Which machines are meant; all that is said must fit. */
export interface ServerFilter {
  readonly role?: string | undefined;
  readonly provider?: string | undefined;
  readonly tag?: string | undefined;
}

/** Which machine is meant, and who asks. */
export interface MachineRequest {
  /** An id of servers.yaml; for the owner also user@host. */
  readonly target?: string | undefined;
  /** Whether it may be a machine that servers.yaml does not name. */
  readonly mayBeAny: boolean;
  readonly signal: AbortSignal;
}

export interface ReachabilityRequest extends MachineRequest {
  readonly channels?: readonly Channel[] | undefined;
}

/** The machines that the person has named in servers.yaml. */
export interface Infra {
  /** `problem`: what is wrong with the file as it stands; what was read last is in force then. */
  list(filter: ServerFilter): { readonly servers: readonly ServerView[]; readonly problem?: string };
  /** @throws MissionError `server_unknown` */
  get(id: string): ServerView;
  /**
   * By which ways a machine can be reached now; without `target` all of them.
   * @throws MissionError `server_unknown`, `cancelled`
   */
  reachability(request: ReachabilityRequest): Promise<ReachabilityView>;
  /**
   * How a machine is: this one without `target`.
   * @throws MissionError `server_unknown`, and what ssh says
   */
  diagnose(request: MachineRequest): Promise<DiagnosisView>;
}

export interface InfraDependencies {
  readonly servers: () => FollowedServers;
  readonly reach: CheckReachability;
  readonly diagnose: Diagnose;
}

const targetOf = ({ shown, healthEndpoint }: KnownServer): ReachTarget => ({ ...shown, healthEndpoint });
const unlisted = (id: string, target: SshTarget): ReachTarget => ({
  id,
  name: id,
  host: target.host,
  ssh: [target],
  ports: [],
});

const same = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();
const among = (words: readonly string[], wanted: string | undefined): boolean =>
  wanted === undefined || words.some((word) => same(word, wanted));

export function createInfra({ servers, reach, diagnose }: InfraDependencies): Infra {
  function find(id: string): KnownServer {
    const { servers: known, problem } = servers();
    const found = known.find(({ shown }) => shown.id === id);
    if (found !== undefined) return found;
    const ids = known.map(({ shown }) => shown.id);
    throw new MissionError('server_unknown', `servers.yaml has no machine "${id.slice(0, 100)}".`, {
      remedy:
        problem ?? `It has: ${ids.slice(0, 50).join(', ') || 'none; the README says how one is added'}.`,
    });
  }

  /** @throws MissionError `server_unknown` */
  function meant({ target, mayBeAny }: MachineRequest): readonly ReachTarget[] {
    const known = servers().servers;
    if (target === undefined) return known.map(targetOf);
    const isKnown = known.some(({ shown }) => shown.id === target);
    const other = isKnown || !mayBeAny ? undefined : SshHost.safeParse(target).data;
    return other === undefined ? [targetOf(find(target))] : [unlisted(target, other)];
  }

  return {
    list({ role, provider, tag }) {
      const { servers: known, problem } = servers();
      const fitting = known
        .map(({ shown }) => shown)
        .filter(
          (server) =>
            among(server.roles, role) &&
            among(server.tags, tag) &&
            among(server.provider === undefined ? [] : [server.provider], provider),
        );
      return { servers: fitting.map(serverView), ...(problem === null ? {} : { problem }) };
    },
    get: (id) => serverView(find(id).shown),
    async diagnose(request) {
      const [machine] = request.target === undefined ? [] : meant(request);
      const ssh = machine?.ssh[0];
      if (machine !== undefined && ssh === undefined)
        throw new MissionError('server_unknown', `servers.yaml names no ssh for "${machine.id}".`, {
          remedy: 'Add `ssh: user@host` to it.',
        });
      return diagnosisView(machine?.id ?? 'this machine', await diagnose(ssh, request.signal));
    },
    async reachability(request) {
      const { channels, signal } = request;
      return reachabilityView(await reach({ targets: meant(request), channels, signal }));
    },
  };
}
