import { MissionError } from '../../services/errors/mission-error.ts';
import type { AgentRow } from '../../services/ledger/agent-ledger.ts';
import type { MergeRow } from '../../services/ledger/merge-ledger.ts';
import type { RepositoryRow } from '../../services/ledger/repository-ledger.ts';
import { proposesTo } from '../../services/merging/fork.ts';
import { type createMergeRuns, hasEnded, type MergeRunDependencies, PERSON } from './merge-runs.ts';

export interface MergeRequestDependencies
  extends Pick<MergeRunDependencies, 'core' | 'ledger' | 'tell' | 'onError'> {
  readonly runs: ReturnType<typeof createMergeRuns>;
}

function outcome({ status, rows, trouble, target, pullRequest }: MergeRow): string {
  const reasons = (rows ?? []).filter(({ ok }) => !ok).map(({ check, message }) => `${check}: ${message}`);
  if (status === 'merged') return `was merged into ${target}.${trouble === null ? '' : ` ${trouble}`}`;
  if (status === 'proposed')
    return `is pull request #${pullRequest} to ${target} of upstream; its maintainers merge.${trouble === null ? '' : ` ${trouble}`}`;
  return `was ${status}${reasons.length === 0 ? '' : `: ${reasons.join('; ')}`}${trouble === null ? '' : `: ${trouble}`}`;
}

/**
 * What agents who may not merge ask for. Such a wish waits until the merge queue, or a person, merges that branch or is
 * refused: whoever has asked hears what came of it.
 */
export function createMergeRequests({ core, ledger, tell, onError, runs }: MergeRequestDependencies) {
  /** Somebody who merges, or a person where nobody does. */
  function announce(row: MergeRow, repository: RepositoryRow): void {
    const words = `${row.requestedBy} asks for a merge of ${row.subject} into ${row.repository} (request ${row.id}).`;
    const queue = `role:merge-queue@${row.repository}`;
    const how = `mission_merge {"subject": ${JSON.stringify(row.subject)}} looks at reviews and checks itself.`;
    if (tell(queue, `${words} ${how}`)) return;
    if (proposesTo(repository) !== null && tell(`role:pr-shepherd@${row.repository}`, `${words} ${how}`))
      return;
    tell(
      PERSON,
      `${words} Nobody has the role merge-queue there: missiond merge ${row.subject} --repo ${row.repository}`,
    );
  }

  /** What this merge was asked for by: of the same branch. */
  function settle({
    id,
    repository,
    status,
    rows,
    target,
    head,
    result,
    pushed,
    trouble,
    branch,
    subject,
    pullRequest,
  }: MergeRow): void {
    if (status === 'cancelled') return;
    for (const request of ledger.requested(repository)) {
      if (request.id === id || (request.branch !== branch && request.subject !== subject)) continue;
      runs.end(request.id, { status, rows, target, head, result, pushed, trouble, pullRequest });
      tell(request.requestedBy, `Your branch ${request.branch} ${outcome(runs.requireRow(request.id))}`);
    }
  }

  return {
    /** @throws MissionError `not_permitted` where the repository has no merge queue */
    add({ slotId, branch, name }: AgentRow, repository: RepositoryRow): MergeRow {
      if (!repository.configuration.mergeQueue.enabled)
        throw new MissionError('not_permitted', `The merge queue of ${repository.name} is switched off.`, {
          remedy: 'Report that the branch is ready (mission_done); a person brings it home.',
        });
      if (branch === null)
        throw new MissionError('agent_refused', `${name} has no branch: there is nothing of it to merge.`, {
          remedy: 'Who has the branch asks for it.',
        });
      const before = ledger.requested(repository.name).find((one) => one.branch === branch);
      if (before !== undefined) return before;
      const { id } = ledger.insert({
        repository: repository.name,
        subject: name,
        branch,
        method: 'squash',
        allowProtected: false,
        status: 'requested',
        requestedBy: `slot:${slotId}`,
        createdAt: core.now(),
      });
      runs.publish(id);
      const row = runs.requireRow(id);
      announce(row, repository);
      return row;
    },

    /** Returns the way to stop. */
    follow: () =>
      core.bus.subscribe((event) => {
        if (event.type !== 'merge_changed') return;
        try {
          const row = ledger.get(event.id);
          if (row !== undefined && hasEnded(row)) settle(row);
        } catch (error) {
          onError(error);
        }
      }),
  };
}
