import type { SlotConfig, SlotsFile } from '../config/slots-file.ts';
import type { AgentRow } from '../ledger/agent-ledger.ts';
import type { RoleDefinition } from '../roles/resolve-roles.ts';
import { portsInEnv } from '../worktrees/port-blocks.ts';
import { readingOnly } from './reading-only.ts';

/** How much of its task describes a slot. */
const DESCRIPTION_CHARACTERS = 120;

function descriptionOf({ kind, repository, branch, task }: AgentRow): string {
  const [firstLine = ''] = (task ?? '').split('\n');
  const words =
    firstLine.length > DESCRIPTION_CHARACTERS ? `${firstLine.slice(0, DESCRIPTION_CHARACTERS)}…` : firstLine;
  return `${kind} of ${repository} ${branch === null ? 'without a branch' : `on ${branch}`}${words === '' ? '' : `: ${words}`}`;
}

/** What tells the programs in its worktree its ports: the same after every start. */
function portsOf({ portBlock: base, portCount: size }: AgentRow): Readonly<Record<string, string>> {
  return base === null || size === null ? {} : portsInEnv({ base, size });
}

/**
 * The slot of an agent. Nothing of it is stored: it is its row, the definition of its role, and what slots.yaml says of all
 * agents.
 * @param repositoryPath the main working tree of its repository, when that is known
 * @param definition of its role; one that nobody defines has the rules of permissions.yaml alone
 */
export function agentSlot(
  row: AgentRow,
  { agents }: Pick<SlotsFile, 'agents'>,
  repositoryPath: string | undefined,
  definition: RoleDefinition | undefined,
): SlotConfig {
  const words = [definition?.prompt, agents.appendSystemPrompt].filter(
    (said) => said !== undefined && said !== '',
  );
  const rules = row.branch === null ? readingOnly(row.role, definition) : definition;
  return {
    ...agents,
    id: row.slotId,
    role: row.role,
    description: descriptionOf(row),
    cwd: row.worktree,
    variables: portsOf(row),
    // Work comes to it; nothing is started for its own sake.
    autoStart: false,
    resumes: true,
    // What slots.yaml says of all agents stands over what their role wants, `null` (never) too.
    nudge: agents.nudge === undefined ? (definition?.nudge ?? null) : agents.nudge,
    ...(rules === undefined ? {} : { definition: rules }),
    ...(definition?.model === undefined ? {} : { model: definition.model }),
    ...(words.length === 0 ? {} : { appendSystemPrompt: words.join('\n\n') }),
    ...(repositoryPath === undefined ? {} : { trustedAs: repositoryPath }),
  };
}
