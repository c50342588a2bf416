import type { RepositoryName } from '../../db/ids.ts';
import type { AgentStatus, AgentView } from './agent-views.ts';

/** What a door may ask of the agents of teams. Names may be those of slots, or `repository/name`. */
export interface Workers {
  /** Newest first. Without `statuses`: those that have not ended. */
  list(filter: {
    readonly repository?: RepositoryName | undefined;
    readonly statuses?: readonly AgentStatus[] | undefined;
    readonly search?: string | undefined;
    readonly limit: number;
  }): readonly AgentView[];
  /** @throws MissionError `agent_unknown` */
  get(name: string, repository?: RepositoryName): AgentView;
}
