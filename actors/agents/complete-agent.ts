import type { SlotId, TaskId } from '../../db/ids.ts';
import type { Completion } from '../../db/schema/agents.ts';
import { type AgentWorktrees, worktreeOf } from '../../services/agents/agent-worktrees.ts';
import { within } from '../../services/deadline/within.ts';
import { messageOf } from '../../services/errors/message-of.ts';
import type { AgentRow } from '../../services/ledger/agent-ledger.ts';
import type { TaskRow } from '../../services/ledger/task-ledger.ts';
import type { MissionCore } from '../core.ts';
import type { DoneReport } from './api.ts';
import { REFRESHER } from './refresh-agents.ts';
import { showAgent } from './show-agent.ts';

/** git counts what has changed within this; else the completion says nothing of it. */
const COUNTS_WITHIN_MS = 30_000;
/** What an agent's answer says of its work when it says nothing else. */
const SUMMARY_CHARACTERS = 2_000;

export interface CompleteAgentDependencies {
  readonly core: MissionCore;
  readonly worktrees: Pick<AgentWorktrees, 'changes'>;
  /** Tells whoever asked, and the supervisor. */
  readonly tell: (row: AgentRow, completion: Completion) => void;
  /** Ends its session when its turn has. */
  readonly closeWhenResting: (slotId: SlotId) => void;
  /** Takes the known secrets of a slot out of what it says. */
  readonly redact: (slotId: SlotId, text: string) => string;
  readonly report: (error: unknown) => void;
  readonly signal: AbortSignal;
}

/** Agents whose work ends go: persistent ones and workspaces stay. */
const goes = ({ kind }: AgentRow): boolean => kind === 'worker' || kind === 'reviewer';

/** How the work of agents ends: they say so, or their task ends. */
export function createCompleteAgent({
  core,
  worktrees,
  tell,
  closeWhenResting,
  redact,
  report,
  signal,
}: CompleteAgentDependencies) {
  async function changesOf(row: AgentRow): Promise<Completion['changes']> {
    try {
      return await worktrees.changes(worktreeOf(row), within(COUNTS_WITHIN_MS, signal));
    } catch (error) {
      signal.throwIfAborted();
      core.logger.warn(
        { slotId: row.slotId, error: messageOf(error) },
        'what an agent has changed could not be counted',
      );
      return undefined;
    }
  }

  /** It has nothing more to do, beside the turn in which it is. */
  const isLast = ({ slotId }: AgentRow): boolean =>
    core.tasks.openFor(slotId).every((taskId) => core.occupied.get(slotId) === taskId);

  function store(row: AgentRow, completion: Completion): void {
    // Somebody may have removed it while git counted.
    const ends = goes(row) && row.status !== 'removed' && isLast(row);
    core.agents.update(row.slotId, {
      completion,
      ...(ends ? { status: 'completed' as const, endedAt: completion.at } : {}),
    });
    const after = core.agents.get(row.slotId) ?? row;
    core.bus.publish({ type: 'worker_completed', at: completion.at, worker: showAgent(core, after) });
    tell(after, completion);
    if (ends) closeWhenResting(row.slotId);
  }

  /** An agent whose task has ended, and that has no other, is done; one that said so itself was faster. */
  async function taskEnded({ slotId }: AgentRow, task: TaskRow): Promise<void> {
    const row = core.agents.get(slotId);
    if (row?.status !== 'active' || core.tasks.openFor(slotId).length > 0) return;
    const { completion } = row;
    if (completion?.by === 'agent' && completion.at >= (task.startedAt ?? task.createdAt))
      return store(row, completion);
    const changes = await changesOf(row);
    const now = core.agents.get(slotId);
    if (now?.status !== 'active' || core.tasks.openFor(slotId).length > 0) return;
    const failure = task.status === 'done' ? undefined : (task.error ?? task.status);
    store(now, {
      at: core.now(),
      summary: (task.result ?? '').slice(0, SUMMARY_CHARACTERS),
      ...(failure === undefined ? {} : { failure }),
      by: 'task',
      ...(changes === undefined ? {} : { changes }),
    });
  }

  return {
    /** Its own words. */
    async done(row: AgentRow, said: DoneReport): Promise<AgentRow> {
      const changes = await changesOf(row);
      const clean = (words: string | undefined): string | undefined =>
        words === undefined ? undefined : redact(row.slotId, words);
      const summary = redact(row.slotId, said.summary);
      const [failure, tests] = [clean(said.failure), clean(said.tests)];
      store(core.agents.get(row.slotId) ?? row, {
        at: core.now(),
        summary,
        ...(failure === undefined ? {} : { failure }),
        ...(tests === undefined ? {} : { tests }),
        by: 'agent',
        ...(changes === undefined ? {} : { changes }),
      });
      return core.agents.get(row.slotId) ?? row;
    },

    /** Looks at agents whose tasks have ended, now and whenever one does. Returns the way to stop. */
    start(): () => void {
      const look = (row: AgentRow | undefined, taskId: TaskId | null): void => {
        if (row === undefined || row.status !== 'active' || !goes(row) || taskId === null) return;
        const task = core.tasks.get(taskId);
        if (task === undefined || task.finishedAt === null || task.kind === 'message') return;
        // Settling a conflict is none of the work that it was made for.
        if (task.submitter === REFRESHER) return;
        taskEnded(row, task).catch((error: unknown) => {
          if (!signal.aborted) report(error);
        });
      };
      for (const row of core.agents.inStatus('active')) look(row, row.taskId);
      return core.bus.subscribe((event) => {
        if (event.type !== 'task_changed' || event.task.finishedAt === undefined) return;
        const { id, slotId } = event.task;
        look(slotId === undefined ? core.agents.ofTask(id) : core.agents.get(slotId), id);
      });
    },
  };
}
