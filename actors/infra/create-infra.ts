import { MissionError } from '../../services/errors/mission-error.ts';
import type { FollowedServers } from '../../services/infra/follow-servers.ts';
import type { KnownServer } from '../../services/infra/servers.ts';
import { type ServerView, serverView } from './infra-views.ts';

/** Which machines are meant; all that is said must fit. */
export interface ServerFilter {
  readonly role?: string | undefined;
  readonly provider?: string | undefined;
  readonly tag?: string | undefined;
}

/** The machines that the person has named in servers.yaml. */
export interface Infra {
  /** `problem`: what is wrong with the file as it stands; what was read last is in force then. */
  list(filter: ServerFilter): { readonly servers: readonly ServerView[]; readonly problem?: string };
  /** @throws MissionError `server_unknown` */
  get(id: string): ServerView;
}

export interface InfraDependencies {
  readonly servers: () => FollowedServers;
}

const same = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();
const among = (words: readonly string[], wanted: string | undefined): boolean =>
  wanted === undefined || words.some((word) => same(word, wanted));

export function createInfra({ servers }: InfraDependencies): Infra {
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
  };
}
