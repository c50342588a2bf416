import { AgentName } from '../../db/ids.ts';
import { MissionError, toFailure } from '../../services/errors/mission-error.ts';
import type { MergeLedger, MergeRow } from '../../services/ledger/merge-ledger.ts';
import type { RepositoryRow } from '../../services/ledger/repository-ledger.ts';
import { commitAt } from '../../services/merging/branches.ts';
import { examine, type GateDependencies, type MergeWish } from '../../services/merging/examine.ts';
import { type Landed, land, landPullRequest } from '../../services/merging/land-merge.ts';
import { removeLeftChecks, removeStrangeChecks } from '../../services/merging/left-checks.ts';
import { createRepositoryTurns, type Turn } from '../../services/worktrees/repository-turns.ts';
import { untilEvent } from '../bus.ts';
import type { MissionCore } from '../core.ts';
import type { Repositories, WhichRepository } from '../repositories/api.ts';
import type { MergeRequest, Merging, MergingParty } from './api.ts';
import { mergeView, reviewView } from './views.ts';

/** The one role that merges, whatever a policy or a definition says. */
const MERGES = 'merge-queue';
/** The one role whose word about a change counts. */
const REVIEWS = 'reviewer';
/** Agents whose rows say something of a branch. */
const MOST_AGENTS = 200;
/** A remote that did not answer is asked again. Milliseconds. */
const AGAIN_AFTER_MS = 30_000;

export interface MergingDependencies {
  readonly core: Pick<MissionCore, 'agents' | 'bus' | 'now' | 'repositories' | 'runtime'>;
  readonly ledger: MergeLedger;
  readonly repositories: Pick<Repositories, 'resolve'>;
  readonly gate: Omit<GateDependencies, 'reviewsOf' | 'agentOf'>;
  /** Tells the person something that waits for them. */
  readonly tellPerson: (words: string) => void;
  readonly onError: (error: unknown) => void;
  /** Aborted when the daemon stops. */
  readonly signal: AbortSignal;
}

const hasEnded = ({ endedAt }: MergeRow): boolean => endedAt !== null;
const nameOf = (by: MergingParty): string => (by.kind === 'slot' ? `slot:${by.slotId}` : by.kind);
const scratchOf = (id: number | string): string => `refs/missiond/merge/${id}`;
const wishOf = ({ subject, method, allowProtected }: MergeRequest): MergeWish => ({
  subject,
  method,
  allowProtected,
});

function refuse(message: string, remedy: string): MissionError {
  return new MissionError('not_permitted', message, { remedy });
}

/**
 * The gate before the default branch, and the queue of each repository: one merge at a time, in order. Rows are written
 * before anything moves, so that the next daemon does what this one has begun, once.
 */
export function createMerging({
  core,
  ledger,
  repositories,
  gate,
  tellPerson,
  onError,
  signal,
}: MergingDependencies): Merging & { readonly start: () => () => void } {
  /** Whole merges, their checks included; git itself takes turns with everybody. */
  const inOrder = createRepositoryTurns();
  const timers = new Set<NodeJS.Timeout>();
  const { git, gh, alone } = gate;

  /** By its own name, or by its branch. */
  function agentNamed(
    { name: repository }: RepositoryRow,
    name: string,
  ): ReturnType<GateDependencies['agentOf']> {
    const agentName = AgentName.safeParse(name).data;
    const named = agentName === undefined ? undefined : core.agents.named(repository, agentName);
    const found =
      named ??
      core.agents
        .list({ repository, search: name, limit: MOST_AGENTS })
        .find(({ branch, ownsBranch }) => branch === name && ownsBranch);
    return found === undefined ? null : { branch: found.branch, slotId: found.slotId };
  }

  const gateOf = (repository: RepositoryRow): GateDependencies => ({
    ...gate,
    reviewsOf: (commit) => ledger.reviewsOf(repository.name, commit),
    agentOf: (name) => agentNamed(repository, name),
  });

  function requireRow(id: number): MergeRow {
    const row = ledger.get(id);
    if (row === undefined) throw new MissionError('internal', `Merge ${id} has gone.`);
    return row;
  }

  function tell(id: number): void {
    const { repository, subject, status, rows } = requireRow(id);
    core.bus.publish({
      type: 'merge_changed',
      at: core.now(),
      id,
      repository,
      subject,
      status,
      reasons: (rows ?? []).filter(({ ok }) => !ok).map(({ check, message }) => `${check}: ${message}`),
    });
  }
  function update(id: number, change: Partial<MergeRow>): void {
    ledger.update(id, change);
    tell(id);
  }
  const end = (id: number, change: Partial<MergeRow>): void => update(id, { ...change, endedAt: core.now() });

  /** Refs that were made for it are needed no more. That some are left is no reason to doubt what was done. */
  async function tidy({ path: cwd, gitFolder }: RepositoryRow, scratch: string): Promise<void> {
    const call = { cwd, signal };
    try {
      await alone(gitFolder, async () => {
        const refs = await git.git(['for-each-ref', '--format=%(refname)', `${scratch}/`], call);
        for (const ref of refs.split('\n').filter((one) => one !== ''))
          await git.git(['update-ref', '-d', ref], call);
      });
    } catch (error) {
      if (!signal.aborted) onError(error);
    }
  }

  /** What a killed daemon has left of its checks goes before the next merge begins. */
  async function tidyChecks(): Promise<void> {
    const all = core.repositories.list();
    await Promise.allSettled(
      all.map(({ gitFolder }) =>
        inOrder(gitFolder, () =>
          alone(gitFolder, () => removeLeftChecks(git, gate.checksFolder, { cwd: gitFolder, signal })),
        ).catch((error: unknown) => {
          if (!signal.aborted) onError(error);
        }),
      ),
    );
    signal.throwIfAborted();
    await removeStrangeChecks(
      gate.checksFolder,
      all.map(({ name }) => name),
    );
  }

  async function landed(row: MergeRow, repository: RepositoryRow): Promise<Landed> {
    const { target, base, result, head, pullRequest, method } = row;
    if (target === null || base === null || head === null || result === null)
      throw new MissionError('internal', `Merge ${row.id} has lost what it was to land.`);
    const call = { cwd: repository.path, signal };
    const turn: Turn = (act) => alone(repository.gitFolder, act);
    const landing = { target, base, result, remote: repository.remote, scratch: scratchOf(row.id), turn };
    if (pullRequest === null) return land(git, landing, call);
    return landPullRequest(git, gh, { ...landing, number: pullRequest, head, method }, call);
  }

  /** Whether it is merged is not known: nobody else is merged there before it is. */
  function lookAgain(id: number, repository: RepositoryRow, error: unknown): void {
    const how = toFailure(error).message;
    update(id, { trouble: `It is not known yet whether it is merged, and is looked at again: ${how}` });
    const timer = setTimeout(() => {
      timers.delete(timer);
      enqueue(id, repository);
    }, AGAIN_AFTER_MS);
    timer.unref();
    timers.add(timer);
  }

  async function finish(row: MergeRow, repository: RepositoryRow): Promise<void> {
    let outcome: Landed;
    try {
      outcome = await landed(row, repository);
    } catch (error) {
      signal.throwIfAborted();
      return lookAgain(row.id, repository, error);
    }
    await tidy(repository, scratchOf(row.id));
    if (outcome.kind === 'refused') {
      const rows = [...(row.rows ?? []), { check: 'landing', ok: false, message: outcome.why }];
      end(row.id, { status: 'refused', rows, trouble: null });
    } else end(row.id, { status: 'merged', pushed: outcome.pushed, trouble: outcome.trouble });
  }

  async function perform(id: number, repository: RepositoryRow): Promise<void> {
    const row = requireRow(id);
    if (hasEnded(row)) return;
    if (row.status === 'landing') return finish(row, repository);
    const scratch = scratchOf(id);
    update(id, { status: 'checking' });
    const { ok, ...found } = await examine(gateOf(repository), repository, row, scratch, signal);
    if (!ok || found.result === null) {
      await tidy(repository, scratch);
      end(id, { ...found, status: 'refused' });
      const waits = found.rows.find(({ check, ok: agreed }) => check === 'protected files' && !agreed);
      if (waits !== undefined && row.requestedBy !== 'person')
        tellPerson(
          `${row.requestedBy} wants to merge ${row.subject} into ${repository.name}: ${waits.message}`,
        );
      return;
    }
    // Nothing else refers to it, and git collects what nothing refers to.
    const { result } = found;
    await alone(repository.gitFolder, () =>
      git.git(['update-ref', `${scratch}/result`, result], { cwd: repository.path, signal }),
    );
    update(id, { ...found, status: 'landing' });
    await finish(requireRow(id), repository);
  }

  function enqueue(id: number, repository: RepositoryRow): void {
    void inOrder(repository.gitFolder, () => perform(id, repository)).catch((error: unknown) => {
      // The next daemon goes on with it.
      if (signal.aborted) return;
      onError(error);
      const row = requireRow(id);
      if (hasEnded(row) || row.status === 'landing') return;
      end(id, { status: 'failed', trouble: toFailure(error).message });
    });
  }

  function hasRole(by: MergingParty, role: string): boolean {
    if (by.kind === 'person') return true;
    return by.kind === 'slot' && core.runtime(by.slotId).configuration.role === role;
  }

  function requireMerging(by: MergingParty, allowProtected: boolean): void {
    if (!hasRole(by, MERGES))
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
      requireMerging(by, request.allowProtected);
      const call = AbortSignal.any([signal, caller]);
      const repository = await repositories.resolve(whichOf(request, by), call);
      const wish = wishOf(request);
      const { id } = ledger.insert({
        repository: repository.name,
        ...wish,
        status: 'queued',
        requestedBy: nameOf(by),
        createdAt: core.now(),
      });
      tell(id);
      enqueue(id, repository);
      await untilEvent(core.bus, () => hasEnded(requireRow(id)), call);
      return mergeView(requireRow(id));
    },

    async tryMerge(request, by, caller) {
      requireMerging(by, request.allowProtected);
      const call = AbortSignal.any([signal, caller]);
      const repository = await repositories.resolve(whichOf(request, by), call);
      // Behind what is under way, so that it is told of what comes after it.
      return inOrder(repository.gitFolder, async () => {
        const scratch = scratchOf(`try-${core.now()}`);
        try {
          const wish = wishOf(request);
          const { ok, rows, output } = await examine(gateOf(repository), repository, wish, scratch, call);
          return { ok, rows, output };
        } finally {
          await tidy(repository, scratch);
        }
      });
    },

    async list({ limit, ...which }, by) {
      const isAll = by.kind !== 'slot' && which.repository === undefined && which.cwd === undefined;
      const repository = isAll ? null : (await repositories.resolve(whichOf(which, by), signal)).name;
      return ledger.list(repository, limit).map(mergeView);
    },

    cancel(id, by) {
      requireMerging(by, false);
      if (ledger.get(id)?.status !== 'queued')
        throw new MissionError('input_invalid', `Merge ${id} does not wait in the queue.`, {
          remedy: 'missiond merge --queue shows what waits.',
        });
      end(id, { status: 'cancelled' });
      return mergeView(requireRow(id));
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
      if (whole === null)
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
      void tidyChecks().catch((error: unknown) => {
        if (!signal.aborted) onError(error);
      });
      for (const row of ledger.open()) {
        const repository = core.repositories.get(row.repository);
        if (repository === undefined)
          end(row.id, { status: 'failed', trouble: 'Its repository was removed.' });
        else enqueue(row.id, repository);
      }
      return () => {
        for (const timer of timers) clearTimeout(timer);
      };
    },
  };
}
