import type { MissionDatabase } from '../../db/open.ts';
import type { RunningSession } from '../../services/claude/running-sessions.ts';
import { atLeast } from '../../services/claude/version-order.ts';
import type { ListedTask, TaskListChange } from '../../services/claude-tasks/listed-task.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import { createClaudeTaskLedger, type SessionOfTasks } from '../../services/ledger/claude-task-ledger.ts';
import { ENDED_AFTER_MS } from '../../services/ledger/conversation-ledger.ts';
import type { MissionCore } from '../core.ts';
import type { ClaudeTasks } from './api.ts';
import { claudeTaskView, describeChange, eventsOf, projectNameOf } from './task-list-change.ts';
import type { ClaudeSessionView, ClaudeTasksChange } from './views.ts';

/** Sessions that are looked through for those that are asked for. */
const MOST_SESSIONS = 1_000;
const RECENT_CHANGES = 10;
/** From here on a running Claude Code registers its session (`sessions/<pid>.json`, measured). */
const REGISTERS_FROM = '2.1.150';

/** Shows the task lists that Claude Code keeps for itself, and tells how they move. */
export function createClaudeTasks({
  core: { bus, now },
  db,
}: {
  readonly core: Pick<MissionCore, 'bus' | 'now'>;
  readonly db: MissionDatabase;
}) {
  const ledger = createClaudeTaskLedger(db);
  let running: ReadonlyMap<string, RunningSession> = new Map();
  let recent: readonly ClaudeTasksChange[] = [];

  /** Older versions register nowhere: what was said a moment ago goes on. */
  function isActive({ sessionId, claudeVersion, lastAt }: SessionOfTasks): boolean {
    if (running.has(sessionId)) return true;
    if (claudeVersion === null || atLeast(claudeVersion, REGISTERS_FROM)) return false;
    return lastAt !== null && now() - lastAt < ENDED_AFTER_MS;
  }

  const whose = ({ sessionId, project, title, slotId }: SessionOfTasks) => ({
    sessionId,
    ...(project === null ? {} : { project }),
    ...(title === null ? {} : { summary: title }),
    ...(slotId === null ? {} : { slotId }),
  });

  function viewOf(session: SessionOfTasks, tasks: readonly ListedTask[]): ClaudeSessionView {
    const count = (status: ListedTask['status']) => tasks.filter((task) => task.status === status).length;
    const status = running.get(session.sessionId)?.status;
    return {
      ...whose(session),
      tasks: tasks.length,
      inProgress: count('in_progress'),
      pending: count('pending'),
      completed: count('completed'),
      modified: session.changedAt,
      isActive: isActive(session),
      ...(status === undefined ? {} : { status }),
    };
  }

  function withTasks(sessions: readonly SessionOfTasks[]) {
    const tasks = ledger.tasksOf(sessions.map(({ sessionId }) => sessionId));
    return sessions.map((session) => ({ session, tasks: tasks.get(session.sessionId) ?? [] }));
  }

  /** By its id, or a beginning that no other one has. */
  function sessionNamed(name: string): SessionOfTasks {
    const [found, another] = ledger.sessions({ beginning: name }, 2);
    if (found !== undefined && (another === undefined || found.sessionId === name)) return found;
    if (found !== undefined)
      throw new MissionError('input_invalid', `Several sessions begin with ${JSON.stringify(name)}.`, {
        remedy: 'Give more of the id; mission_cc_sessions lists them.',
      });
    throw new MissionError('conversation_unknown', `The session ${JSON.stringify(name)} has no task list.`, {
      remedy: 'mission_cc_sessions with activeOnly: false lists those that have one.',
    });
  }

  function toldOfSessions(sessions: readonly RunningSession[]): void {
    const before = running;
    running = new Map(sessions.map((session) => [session.sessionId, session]));
    const begun = sessions.filter(({ sessionId }) => !before.has(sessionId));
    const ended = [...before.keys()].filter((sessionId) => !running.has(sessionId));
    const payload = (sessionId: string) => {
      const known = ledger.sessions({ sessionIds: [sessionId] }, 1)[0];
      const { title = null, project = null } = known ?? {};
      return { sessionId, ...projectNameOf(project), ...(title === null ? {} : { summary: title }) };
    };
    for (const { sessionId } of begun)
      bus.publish({ type: 'cc_session_active', at: now(), payload: payload(sessionId) });
    for (const sessionId of ended)
      bus.publish({ type: 'cc_session_inactive', at: now(), payload: payload(sessionId) });
  }

  function toldOfChange(change: TaskListChange): void {
    const project = ledger.sessions({ sessionIds: [change.sessionId] }, 1)[0]?.project ?? null;
    const described = describeChange(change, project);
    recent = [described, ...recent].slice(0, RECENT_CHANGES);
    for (const event of eventsOf(described, now())) bus.publish(event);
  }

  const operations: ClaudeTasks = {
    sessions({ project, activeOnly }, limit) {
      const sessions = ledger
        .sessions({ project }, activeOnly ? MOST_SESSIONS : limit)
        .filter((session) => !activeOnly || isActive(session));
      return withTasks(sessions.slice(0, limit)).map(({ session, tasks }) => viewOf(session, tasks));
    },

    tasks({ sessionId, project }) {
      const sessions =
        sessionId === undefined
          ? ledger
              .sessions({ project }, MOST_SESSIONS)
              .filter((session) => project !== undefined || isActive(session))
          : [sessionNamed(sessionId)];
      return withTasks(sessions)
        .filter(({ tasks }) => sessionId !== undefined || tasks.length > 0)
        .map(({ session, tasks }) => ({ ...whose(session), tasks: tasks.map(claudeTaskView) }));
    },

    overview() {
      const counts = new Map(ledger.countByStatus().map(({ status, count }) => [status, count]));
      return {
        totalSessions: ledger.countSessions().all,
        activeSessions: running.size,
        tasksByStatus: {
          pending: counts.get('pending') ?? 0,
          in_progress: counts.get('in_progress') ?? 0,
          completed: counts.get('completed') ?? 0,
        },
        sessionsWithTasks: ledger.countSessions().withTasks,
        recentChanges: [...recent],
      };
    },

    inProgress(limit) {
      const sessions = withTasks(ledger.sessions({ status: 'in_progress' }, limit));
      return sessions
        .flatMap(({ session, tasks }) =>
          tasks
            .filter(({ status }) => status === 'in_progress')
            .map((task) => ({
              ...whose(session),
              task: claudeTaskView(task),
              ...(task.activeForm === null ? {} : { activeForm: task.activeForm }),
              modified: session.changedAt,
            })),
        )
        .slice(0, limit);
    },
  };

  return {
    operations,
    /** Called with what the thread that reads transcripts has seen. */
    heard: {
      taskLists: (changes: readonly TaskListChange[]) => changes.forEach(toldOfChange),
      sessions: toldOfSessions,
    },
  };
}

export type ClaudeTaskWatch = ReturnType<typeof createClaudeTasks>['heard'];
