import type { SlotId } from '../../db/ids.ts';
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

  /** Its work has ended; somebody may have removed it meanwhile. */
  function end(row: AgentRow, at: number): boolean {
    const ends = goes(row) && row.status !== 'removed' && isLast(row);
    if (ends) core.agents.update(row.slotId, { status: 'completed', endedAt: at });
    return ends;
  }

  function store(row: AgentRow, completion: Completion): void {
    core.agents.update(row.slotId, { completion });
    const ends = end(row, completion.at);
    const after = core.agents.get(row.slotId) ?? row;
    core.bus.publish({ type: 'worker_completed', at: completion.at, worker: showAgent(core, after) });
    tell(after, completion);
    if (ends) closeWhenResting(row.slotId);
  }

  /** Its last turn may end when it has been put to sleep already. */
  const isAtWork = ({ status }: AgentRow): boolean => status === 'active' || status === 'hibernated';

  const begunAt = ({ startedAt, createdAt }: TaskRow): number => startedAt ?? createdAt;

  /** Nothing was given to it since it said so, and it was not woken for something else. */
  function isOfSameWork({ slotId, status }: AgentRow, { at, wokenAt }: Completion): boolean {
    const taskId = core.occupied.get(slotId);
    const task = taskId === undefined ? undefined : core.tasks.get(taskId);
    if (task !== undefined) return at >= begunAt(task);
    return status === 'completed' || (wokenAt === undefined && at >= (core.tasks.lastBegunOn(slotId) ?? at));
  }

  /** It says again what it has said of the same work: whoever waits for it has heard it. */
  function isRepeated(row: AgentRow, said: Completion): boolean {
    const { completion } = row;
    if (completion?.by !== 'agent') return false;
    const { summary, failure, tests } = completion;
    return (
      isOfSameWork(row, completion) &&
      summary === said.summary &&
      failure === said.failure &&
      tests === said.tests
    );
  }

  /** The agent to which a task was handed over, where that has ended before it came there. */
  function heirOf(row: AgentRow | undefined, task: TaskRow): AgentRow | undefined {
    const handedTo = row?.completion?.handedTo;
    const heir = handedTo === undefined ? undefined : core.agents.get(handedTo);
    return heir?.taskId === task.id ? heir : undefined;
  }

  /** An agent whose task has ended, and that has no other, is done; one that said so itself was faster. */
  async function taskEnded({ slotId }: AgentRow, task: TaskRow): Promise<void> {
    const row = core.agents.get(slotId);
    if (row === undefined || !isAtWork(row) || core.tasks.openFor(slotId).length > 0) return;
    const { completion } = row;
    if (completion !== null && completion.at >= begunAt(task)) {
      // Who was woken after it waits for other work. Else the agent had more to do when it said this.
      const isStill = completion.by === 'agent' && completion.wokenAt === undefined;
      if (isStill && end(row, core.now())) closeWhenResting(slotId);
      return;
    }
    const changes = await changesOf(row);
    const now = core.agents.get(slotId);
    if (now === undefined || !isAtWork(now) || core.tasks.openFor(slotId).length > 0) return;
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
      const now = core.agents.get(row.slotId) ?? row;
      const completion: Completion = {
        at: core.now(),
        summary,
        ...(failure === undefined ? {} : { failure }),
        ...(tests === undefined ? {} : { tests }),
        by: 'agent',
        ...(changes === undefined ? {} : { changes }),
      };
      if (!isRepeated(now, completion)) store(now, completion);
      else if (now.status === 'active' && end(now, completion.at)) closeWhenResting(row.slotId);
      return core.agents.get(row.slotId) ?? row;
    },

    /** Looks at agents whose tasks have ended, now and whenever one does. Returns the way to stop. */
    start(): () => void {
      const look = (row: AgentRow | undefined, task: TaskRow | undefined): void => {
        if (row === undefined || !isAtWork(row) || !goes(row) || task === undefined) return;
        taskEnded(row, task).catch((error: unknown) => {
          if (!signal.aborted) report(error);
        });
      };
      for (const row of core.agents.inStatus('active', 'hibernated'))
        look(row, core.tasks.lastEndedOf(row.slotId, REFRESHER));
      return core.bus.subscribe((event) => {
        if (event.type !== 'task_changed' || event.task.finishedAt === undefined) return;
        const task = core.tasks.get(event.task.id);
        // Settling a conflict is none of the work that it was made for.
        if (task === undefined || task.kind === 'message' || task.submitter === REFRESHER) return;
        // One that was taken back before its turn has no slot but that it was meant for.
        const slotId = task.slotId ?? task.pinnedSlotId;
        const row = slotId === null ? core.agents.ofTask(task.id) : core.agents.get(slotId);
        look(row, task);
        look(heirOf(row, task), task);
      });
    },
  };
}
