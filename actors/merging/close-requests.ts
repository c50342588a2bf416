import { SlotId } from '../../db/ids.ts';
import type { MergeLedger, MergeRow } from '../../services/ledger/merge-ledger.ts';
import type { RepositoryRow } from '../../services/ledger/repository-ledger.ts';
import type { RepositoryCare } from '../../services/worktrees/create-repository-care.ts';
import type { MissionCore } from '../core.ts';
import type { createMergeRuns } from './merge-runs.ts';

/** How often it is asked whether a request is needed still: git is asked some things for each. */
const LOOK_MS = 15_000;
const SLOT = 'slot:';

export interface CloseRequestsDependencies {
  readonly core: Pick<MissionCore, 'agents' | 'repositories'>;
  readonly ledger: Pick<MergeLedger, 'get' | 'open' | 'requested'>;
  readonly runs: Pick<ReturnType<typeof createMergeRuns>, 'end'>;
  readonly care: Pick<RepositoryCare, 'stateOf'>;
  readonly tell: (to: string, words: string) => boolean;
  readonly onError: (error: unknown) => void;
  /** Aborted when the daemon stops. */
  readonly signal: AbortSignal;
}

/** Closes what agents have asked the merge queue for and nobody needs any more: nothing else would ever end it. */
export function createCloseRequests({
  core,
  ledger,
  runs,
  care,
  tell,
  onError,
  signal,
}: CloseRequestsDependencies) {
  function askerOf({ requestedBy }: MergeRow) {
    const slotId = SlotId.safeParse(requestedBy.replace(SLOT, '')).data;
    return slotId === undefined ? undefined : core.agents.get(slotId);
  }

  /** One of missiond's own merges ends what asked for it, and says how. */
  const isMerging = (repository: RepositoryRow): boolean =>
    ledger.open().some((row) => row.repository === repository.name);

  function close(id: number, trouble: string): void {
    if (ledger.get(id)?.status === 'requested') runs.end(id, { status: 'cancelled', trouble });
  }

  async function look(request: MergeRow, repository: RepositoryRow): Promise<void> {
    const { id, branch, requestedBy } = request;
    const asker = askerOf(request);
    if (asker?.status === 'removed') return close(id, `${asker.slotId}, who asked for it, was removed.`);
    if (branch === null || isMerging(repository)) return;
    const state = await care.stateOf(repository, branch, signal);
    // A branch on which nothing was done yet is no branch that has come home.
    if (state === null || state.tip === asker?.base || state.merged === 'no' || state.merged === 'nothing')
      return;
    if (isMerging(repository) || ledger.get(id)?.status !== 'requested') return;
    const why = `${repository.defaultBranch} has all that ${branch} holds; somebody has brought it there by hand.`;
    close(id, why);
    tell(requestedBy, `Your request ${id} to the merge queue is closed: ${why}`);
  }

  async function lookAtAll(): Promise<void> {
    for (const repository of core.repositories.list())
      for (const request of ledger.requested(repository.name)) {
        signal.throwIfAborted();
        // What is wrong with one keeps no other from its end.
        await look(request, repository).catch((error: unknown) => {
          if (!signal.aborted) onError(error);
        });
      }
  }

  return {
    /** Returns the way to stop. */
    start(): () => void {
      let timer: NodeJS.Timeout | undefined;
      const round = (): void => {
        void lookAtAll()
          .catch((error: unknown) => {
            if (!signal.aborted) onError(error);
          })
          .finally(() => {
            if (signal.aborted) return;
            timer = setTimeout(round, LOOK_MS);
            timer.unref();
          });
      };
      round();
      return () => clearTimeout(timer);
    },
  };
}
