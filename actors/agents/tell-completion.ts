import { SlotId } from '../../db/ids.ts';
import type { Completion } from '../../db/schema/agents.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import type { AgentRow } from '../../services/ledger/agent-ledger.ts';
import type { MissionCore } from '../core.ts';
import type { Messages } from '../messages/api.ts';
import { FROM_MISSIOND } from '../messages/from-missiond.ts';

/** Who is told by its role, where somebody of the repository has it. */
const SUPERVISOR = 'supervisor';
/** How callers are recorded that are agents. */
const SLOT = 'slot:';

interface Spent {
  readonly usd: number;
  readonly tokens: { readonly input: number; readonly output: number };
}

function wordsOf(
  { name, repository, branch }: AgentRow,
  { summary, failure, tests, changes }: Completion,
  { usd, tokens }: Spent,
): string {
  const counts =
    changes === undefined
      ? ''
      : `${changes.commits} commits, ${changes.files} files, +${changes.insertions} -${changes.deletions}${changes.uncommitted === 0 ? '' : `, ${changes.uncommitted} files not committed`}`;
  return [
    `${name} of ${repository} ${failure === undefined ? 'is done' : `has failed: ${failure}`}`,
    summary,
    ...(branch === null ? [] : [`Branch ${branch}${counts === '' ? '' : `: ${counts}`}`]),
    ...(tests === undefined ? [] : [`Tests: ${tests}`]),
    `Cost so far: $${usd.toFixed(2)}, ${tokens.input} tokens in, ${tokens.output} out`,
  ].join('\n\n');
}

/** Tells of the end of an agent's work: whoever had it made, the supervisor, and those who asked for notices. */
export function createTellCompletion({
  core,
  send,
}: {
  readonly core: Pick<MissionCore, 'runtimes' | 'agents' | 'notices' | 'logger' | 'spending'>;
  readonly send: Messages['send'];
}) {
  function receivers({ slotId, repository, createdBy }: AgentRow): readonly string[] {
    const maker = SlotId.safeParse(createdBy.startsWith(SLOT) ? createdBy.slice(SLOT.length) : '').data;
    // They have it when they are woken.
    const asleep = core.agents.inStatus('hibernated');
    const awake = [...core.runtimes.values()].map(({ configuration: { id, role } }) => ({
      slotId: id,
      role,
    }));
    const there = [...awake, ...asleep];
    const supervisors = there
      .filter((one) => one.role === SUPERVISOR && core.agents.get(one.slotId)?.repository === repository)
      .map((one) => one.slotId);
    const all = [...there.map((one) => one.slotId).filter((id) => id === maker), ...supervisors];
    return [...new Set(all)].filter((id) => id !== slotId).map((id) => `${SLOT}${id}`);
  }

  return function tell(row: AgentRow, completion: Completion): void {
    const { slotId, repository, name, branch, taskId } = row;
    core.notices.add('worker_done', `${slotId} ${completion.at}`, {
      worker: { slotId, repository, name, branch, taskId, completion },
    });
    const spent = core.spending.spent({ slotId });
    for (const to of receivers(row)) {
      try {
        send({ to, body: wordsOf(row, completion, spent) }, FROM_MISSIOND);
      } catch (error) {
        // It is in the history whoever hears of it.
        if (!(error instanceof MissionError)) throw error;
        core.logger.warn({ slotId, to, error: error.message }, 'a completion could not be told of');
      }
    }
  };
}
