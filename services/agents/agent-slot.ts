import type { SlotConfig, SlotsFile } from '../config/slots-file.ts';
import type { AgentRow } from '../ledger/agent-ledger.ts';

/** How much of its task describes a slot. */
const DESCRIPTION_CHARACTERS = 120;

function descriptionOf({ kind, repository, branch, task }: AgentRow): string {
  const [firstLine = ''] = (task ?? '').split('\n');
  const words =
    firstLine.length > DESCRIPTION_CHARACTERS ? `${firstLine.slice(0, DESCRIPTION_CHARACTERS)}…` : firstLine;
  return `${kind} of ${repository} on ${branch}${words === '' ? '' : `: ${words}`}`;
}

/**
 * The slot of an agent. Nothing of it is stored: it is its row, and what slots.yaml says of all agents.
 * @param repositoryPath the main working tree of its repository, when that is known
 */
export function agentSlot(
  row: AgentRow,
  { agents }: Pick<SlotsFile, 'agents'>,
  repositoryPath: string | undefined,
): SlotConfig {
  return {
    ...agents,
    id: row.slotId,
    role: row.role,
    description: descriptionOf(row),
    cwd: row.worktree,
    // Work comes to it; nothing is started for its own sake.
    autoStart: false,
    resumes: true,
    ...(repositoryPath === undefined ? {} : { trustedAs: repositoryPath }),
  };
}
