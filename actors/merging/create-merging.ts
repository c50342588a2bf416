import { MissionError } from '../../services/errors/mission-error.ts';
import type { RepositoryRow } from '../../services/ledger/repository-ledger.ts';
import { commitAt } from '../../services/merging/branches.ts';
import { proposesTo } from '../../services/merging/fork.ts';
import type { MergeWish } from '../../services/merging/merge-wish.ts';
import { untilEvent } from '../bus.ts';
import type { MissionCore } from '../core.ts';
import type { Repositories, WhichRepository } from '../repositories/api.ts';
import type { MergeRequest, Merging, MergingParty } from './api.ts';
import { type CloseRequestsDependencies, createCloseRequests } from './close-requests.ts';
import { createMergeRequests } from './merge-requests.ts';
import { createMergeRuns, hasEnded, type MergeRunDependencies, PERSON } from './merge-runs.ts';
import { onlyProposes } from './only-proposes.ts';
import { createPushWork } from './push-work.ts';
import { mergeView, reviewView } from './views.ts';

/** The one role that merges, whatever a policy or a definition says. */
const MERGES = 'merge-queue';
/** The one role whose word about a change counts. */
const REVIEWS = 'reviewer';

export interface MergingDependencies extends MergeRunDependencies {
  readonly core: Pick<MissionCore, 'agents' | 'bus' | 'now' | 'occupied' | 'repositories' | 'runtime'>;
  readonly repositories: Pick<Repositories, 'resolve'>;
  readonly care: CloseRequestsDependencies['care'];
}

const nameOf = (by: MergingParty): string => (by.kind === 'slot' ? `slot:${by.slotId}` : by.kind);
const wishOf = ({ subject, method, allowProtected }: MergeRequest, by: MergingParty): MergeWish => ({
  subject,
  method,
  allowProtected,
  isOfPerson: by.kind === PERSON,
});

function refuse(message: string, remedy: string): MissionError {
  return new MissionError('not_permitted', message, { remedy });
}

/** The gate before the default branch: who may ask for what, and of which repository. */
export function createMerging(
  dependencies: MergingDependencies,
): Merging & { readonly start: () => () => void } {
  const { core, ledger, repositories, gate, signal } = dependencies;
  const { git } = gate;
  const runs = createMergeRuns(dependencies);
  const requests = createMergeRequests({ ...dependencies, runs });
  const stale = createCloseRequests({ ...dependencies, runs });

  const push = createPushWork({ core, gate, asItIs: runs.asItIs });

  function hasRole(by: MergingParty, role: string): boolean {
    if (by.kind === 'person') return true;
    return by.kind === 'slot' && core.runtime(by.slotId).configuration.role === role;
  }

  /** @param repository where it is only proposed, others may ask for it as well */
  function requireMerging(by: MergingParty, allowProtected: boolean, repository?: RepositoryRow): void {
    const isProposal = repository !== undefined && proposesTo(repository) !== null;
    if (!hasRole(by, MERGES) && !(isProposal && onlyProposes(core, nameOf(by))))
      throw refuse(
        'Only a person and the role merge-queue merge.',
        'Ask the merge queue, or a person: missiond merge.',
      );
    if (by.kind === 'slot' && allowProtected)
      throw refuse(
        'Only a person agrees to a change of protected files.',
        'Leave it out; the person is told what waits for them.',
      );
  }

  /** An agent means the repository that it works in, and no other. */
  function whichOf(which: WhichRepository, by: MergingParty): WhichRepository {
    if (by.kind !== 'slot') return which;
    const agent = core.agents.get(by.slotId);
    // What its folder says may have been changed by the agent itself.
    if (agent !== undefined) return { repository: agent.repository };
    return { cwd: core.runtime(by.slotId).configuration.cwd };
  }

  return {
    async merge(request, by, caller) {
      const call = AbortSignal.any([signal, caller]);
      if (!onlyProposes(core, nameOf(by))) requireMerging(by, request.allowProtected);
      const repository = await repositories.resolve(whichOf(request, by), call);
      requireMerging(by, request.allowProtected, repository);
      const { subject, method, allowProtected } = request;
      const { id } = ledger.insert({
        repository: repository.name,
        subject,
        method,
        allowProtected,
        status: 'queued',
        requestedBy: nameOf(by),
        createdAt: core.now(),
      });
      runs.publish(id);
      runs.enqueue(id, repository);
      await untilEvent(core.bus, () => hasEnded(runs.requireRow(id)), call);
      return mergeView(runs.requireRow(id));
    },

    async tryMerge(request, by, caller) {
      const call = AbortSignal.any([signal, caller]);
      if (!onlyProposes(core, nameOf(by))) requireMerging(by, request.allowProtected);
      const repository = await repositories.resolve(whichOf(request, by), call);
      requireMerging(by, request.allowProtected, repository);
      const { ok, rows, output } = await runs.examine(wishOf(request, by), repository, call);
      return { ok, rows, output };
    },

    async request(by) {
      if (by.kind !== 'slot')
        throw new MissionError('input_invalid', 'Only an agent asks the merge queue.', {
          remedy: 'A person merges: missiond merge.',
        });
      const agent = core.agents.get(by.slotId);
      const repository = agent === undefined ? undefined : core.repositories.get(agent.repository);
      if (agent === undefined || repository === undefined)
        throw refuse(`${by.slotId} is no agent of a repository.`, 'Say what is done with your answer.');
      return mergeView(requests.add(agent, repository));
    },

    push: (request, by, caller) => push(request, by, AbortSignal.any([signal, caller])),

    async list({ limit, ...which }, by) {
      const isAll = by.kind !== 'slot' && which.repository === undefined && which.cwd === undefined;
      const repository = isAll ? null : (await repositories.resolve(whichOf(which, by), signal)).name;
      return ledger.list(repository, limit).map(mergeView);
    },

    async cancel(id, by) {
      const row = ledger.get(id);
      const isOwnRequest = row?.status === 'requested' && row.requestedBy === nameOf(by);
      if (!isOwnRequest) requireMerging(by, false);
      // What waits elsewhere is no business of an agent: for it, there is no such merge.
      const isElsewhere =
        by.kind === 'slot' && row?.repository !== (await repositories.resolve(whichOf({}, by), signal)).name;
      const now = isElsewhere ? undefined : ledger.get(id)?.status;
      if (now !== 'queued' && now !== 'requested')
        throw new MissionError('input_invalid', `Merge ${id} does not wait in the queue.`, {
          remedy: 'missiond merge --queue shows what waits.',
        });
      runs.end(id, { status: 'cancelled' });
      return mergeView(runs.requireRow(id));
    },

    async review({ commit, verdict, comments, ...which }, by) {
      if (!hasRole(by, REVIEWS))
        throw refuse('Only a person and the role reviewer review.', 'Ask for a reviewer.');
      const repository = await repositories.resolve(whichOf(which, by), signal);
      const call = { cwd: repository.path, signal };
      const isHash = /^[0-9a-f]{7,64}$/.test(commit);
      const ref = isHash ? commit : `refs/heads/${commit}`;
      // A branch may have moved since an agent has read it.
      const whole = isHash || by.kind === 'person' ? await commitAt(git, ref, call) : null;
      // A branch may be called as a hash begins.
      if (whole === null || (isHash && !whole.startsWith(commit)))
        throw new MissionError(
          'input_invalid',
          `${repository.name} has no commit ${JSON.stringify(commit)}.`,
          {
            remedy: 'Give the hash of the commit that was read: git rev-parse BRANCH.',
          },
        );
      const createdAt = core.now();
      const reviewer = nameOf(by);
      return reviewView(
        ledger.addReview({
          repository: repository.name,
          commit: whole,
          reviewer,
          verdict,
          comments,
          createdAt,
        }),
      );
    },

    start() {
      void runs.tidyChecks().catch((error: unknown) => {
        if (!signal.aborted) dependencies.onError(error);
      });
      for (const row of ledger.open()) {
        const repository = core.repositories.get(row.repository);
        if (repository === undefined)
          runs.end(row.id, { status: 'failed', trouble: 'Its repository was removed.' });
        else runs.enqueue(row.id, repository);
      }
      const stops = [requests.follow(), stale.start()];
      return () => {
        for (const stop of stops) stop();
      };
    },
  };
}
