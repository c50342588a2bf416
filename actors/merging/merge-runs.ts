import { setTimeout as sleep } from 'node:timers/promises';
import { AgentName } from '../../db/ids.ts';
import { type BackOff, backOffMs } from '../../machines/back-off.ts';
import { MissionError, toFailure } from '../../services/errors/mission-error.ts';
import type { MergeLedger, MergeRow } from '../../services/ledger/merge-ledger.ts';
import type { RepositoryRow } from '../../services/ledger/repository-ledger.ts';
import { type Examined, examine, type GateDependencies } from '../../services/merging/examine.ts';
import { howToPropose, isOnlyProposed, proposesTo } from '../../services/merging/fork.ts';
import { type Landed, land, landPullRequest } from '../../services/merging/land-merge.ts';
import { removeLeftChecks, removeStrangeChecks } from '../../services/merging/left-checks.ts';
import type { MergeWish } from '../../services/merging/merge-wish.ts';
import { type Proposed, propose } from '../../services/merging/propose.ts';
import { remoteFacts } from '../../services/repositories/upstream-of.ts';
import { pushRemoteOf } from '../../services/worktrees/fork-remotes.ts';
import { createRepositoryTurns, type Turn } from '../../services/worktrees/repository-turns.ts';
import type { MissionCore } from '../core.ts';
import { onlyProposes } from './only-proposes.ts';

/** Agents whose rows say something of a branch. */
const MOST_AGENTS = 200;
/** A remote that did not answer is asked again so often: ten minutes of pauses, in which nobody else is merged there. */
const MOST_LOOKS = 10;
const PAUSES: BackOff = { firstMs: 5_000, longestMs: 120_000 };
export const PERSON = 'person';

export interface MergeRunDependencies {
  readonly core: Pick<MissionCore, 'agents' | 'bus' | 'now' | 'repositories'>;
  readonly ledger: MergeLedger;
  readonly gate: Omit<GateDependencies, 'reviewsOf' | 'agentOf'>;
  /** Tells an addressee of messages something that concerns them. @returns whether there is one */
  readonly tell: (to: string, words: string) => boolean;
  readonly onError: (error: unknown) => void;
  /** Aborted when the daemon stops. */
  readonly signal: AbortSignal;
  /** Rejects when it is aborted. */
  readonly pause?: (ms: number, signal: AbortSignal) => Promise<void>;
}

export const hasEnded = ({ endedAt }: MergeRow): boolean => endedAt !== null;
const scratchOf = (id: number | string): string => `refs/missiond/merge/${id}`;

/**
 * How merges go: one at a time in each repository, in order. Rows are written before anything moves, so that the next
 * daemon does what this one has begun, once.
 */
export function createMergeRuns({
  core,
  ledger,
  gate,
  tell,
  onError,
  signal,
  pause = (ms, until) => sleep(ms, undefined, { signal: until, ref: false }),
}: MergeRunDependencies) {
  /** Whole merges, their checks included; git itself takes turns with everybody. */
  const inOrder = createRepositoryTurns();
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
    return found == null || found.branch === null ? null : { branch: found.branch, slotId: found.slotId };
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

  function publish(id: number): void {
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
    publish(id);
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

  /**
   * As it is now: since it was added a person may have said something of it, or made a fork of it. What is called a fork
   * stays one, since a forge that does not answer says nothing.
   */
  async function asItIs(added: RepositoryRow, call: AbortSignal): Promise<RepositoryRow> {
    const row = core.repositories.get(added.name) ?? added;
    if (row.isFork) return row;
    const { upstreamUrl } = await remoteFacts(git, gh.forkedFrom, { cwd: row.path, signal: call });
    if (upstreamUrl === null) return row;
    core.repositories.update(row.name, { isFork: true, upstreamUrl });
    return { ...row, isFork: true, upstreamUrl };
  }

  async function landed(row: MergeRow, repository: RepositoryRow): Promise<Landed | Proposed> {
    const { target, base, result, head, pullRequest, method } = row;
    if (target === null || base === null || head === null || result === null)
      throw new MissionError('internal', `Merge ${row.id} has lost what it was to land.`);
    const call = { cwd: repository.path, signal };
    const { branch } = row;
    const upstream = proposesTo(repository);
    const mayNot = isOnlyProposed(repository) && (upstream === null || branch === null);
    if (mayNot || (repository.isFork && pullRequest !== null))
      return { kind: 'refused', why: howToPropose(repository, branch ?? row.subject) };
    const remote = await pushRemoteOf(git, repository.remote, call);
    const turn: Turn = (act) => alone(repository.gitFolder, act);
    if (upstream !== null && branch !== null && remote !== null) {
      const message = await git.git(
        ['show', '--no-patch', '--no-show-signature', '--format=%B', result],
        call,
      );
      return propose(git, gh, { branch, head, target, remote, upstream, message, turn }, call);
    }
    const landing = { target, base, result, remote, scratch: scratchOf(row.id), turn };
    if (pullRequest === null) return land(git, landing, call);
    return landPullRequest(git, gh, { ...landing, number: pullRequest, head, method }, call);
  }

  /** Nobody can tell: whoever has asked for it and the person hear of it, and what it comes to stays under a ref. */
  function giveUp(
    { id, subject, target, result, requestedBy }: MergeRow,
    { name }: RepositoryRow,
    how: string,
  ): void {
    const trouble = `It is not known whether it is merged, although it was looked at ${MOST_LOOKS} times: ${how} If ${target} has ${result} (git branch --all --contains ${result}), it is; else ask for it again.`;
    end(id, { status: 'failed', trouble });
    for (const to of new Set([PERSON, requestedBy])) tell(to, `Merging ${subject} into ${name}: ${trouble}`);
  }

  /** Whether it is merged may not be known at first: nobody else is merged there before it is, or is given up. */
  async function finish(row: MergeRow, repository: RepositoryRow): Promise<void> {
    for (let looks = 1; ; looks++) {
      try {
        const outcome = await landed(row, repository);
        await tidy(repository, scratchOf(row.id));
        if (outcome.kind === 'landed')
          return end(row.id, { status: 'merged', pushed: outcome.pushed, trouble: outcome.trouble });
        if (outcome.kind === 'proposed') {
          const { pullRequest, trouble } = outcome;
          return end(row.id, { status: 'proposed', pushed: true, pullRequest, trouble });
        }
        const rows = [...(row.rows ?? []), { check: 'landing', ok: false, message: outcome.why }];
        return end(row.id, { status: 'refused', rows, trouble: null });
      } catch (error) {
        signal.throwIfAborted();
        const how = toFailure(error).message;
        if (looks >= MOST_LOOKS) return giveUp(row, repository, how);
        update(row.id, {
          trouble: `It is not known yet whether it is merged, and is looked at again: ${how}`,
        });
      }
      await pause(backOffMs(looks, PAUSES), signal);
    }
  }

  async function perform(id: number, added: RepositoryRow): Promise<void> {
    const row = requireRow(id);
    if (hasEnded(row)) return;
    const repository = await asItIs(added, signal);
    if (onlyProposes(core, row.requestedBy) && proposesTo(repository) === null) {
      const rows = [
        { check: 'fork', ok: false, message: `nothing is proposed from ${repository.name} any more` },
      ];
      return end(id, { status: 'refused', rows });
    }
    if (row.status === 'landing') return finish(row, repository);
    const scratch = scratchOf(id);
    update(id, { status: 'checking' });
    const wish = { ...row, isOfPerson: row.requestedBy === PERSON };
    const { ok, ...found } = await examine(gateOf(repository), repository, wish, scratch, signal);
    if (!ok || found.result === null) {
      await tidy(repository, scratch);
      end(id, { ...found, status: 'refused' });
      const waits = found.rows.find(({ check, ok: agreed }) => check === 'protected files' && !agreed);
      if (waits !== undefined && row.requestedBy !== PERSON)
        tell(
          PERSON,
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

  return {
    /** What a killed daemon has left of its checks goes before the next merge begins. */
    async tidyChecks(): Promise<void> {
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
    },

    requireRow,
    publish,
    end,
    agentNamed,

    /** Behind what is under way in its repository. */
    enqueue(id: number, repository: RepositoryRow): void {
      void inOrder(repository.gitFolder, () => perform(id, repository)).catch((error: unknown) => {
        // The next daemon goes on with it.
        if (signal.aborted) return;
        onError(error);
        const row = requireRow(id);
        if (hasEnded(row) || row.status === 'landing') return;
        end(id, { status: 'failed', trouble: toFailure(error).message });
      });
    },

    asItIs,

    /** Looks only, behind what is under way, so that it is told of what comes after that. */
    examine(wish: MergeWish, repository: RepositoryRow, call: AbortSignal): Promise<Examined> {
      return inOrder(repository.gitFolder, async () => {
        const scratch = scratchOf(`try-${core.now()}`);
        try {
          const now = await asItIs(repository, call);
          return await examine(gateOf(now), now, wish, scratch, call);
        } finally {
          await tidy(repository, scratch);
        }
      });
    },
  };
}
