import path from 'node:path';
import type { ListedTask, TaskListChange } from '../../services/claude-tasks/listed-task.ts';
import type { NewMissionEvent } from '../bus.ts';
import type { ClaudeTasksChange, ClaudeTaskView } from './views.ts';

export function claudeTaskView({
  taskId,
  subject,
  description,
  activeForm,
  status,
  owner,
  blockedBy,
}: ListedTask): ClaudeTaskView {
  return {
    id: taskId,
    subject,
    status,
    ...(description === null ? {} : { description }),
    ...(activeForm === null ? {} : { activeForm }),
    ...(owner === null ? {} : { owner }),
    ...(blockedBy.length === 0 ? {} : { blockedBy: [...blockedBy] }),
  };
}

export const projectNameOf = (project: string | null): { readonly projectName?: string } =>
  project === null ? {} : { projectName: path.basename(project) };

/** What became of each task. A task of another subject is another task: older versions number them by their places. */
export function describeChange(
  { sessionId, before, after, at }: TaskListChange,
  project: string | null,
): ClaudeTasksChange {
  const isSame = (one: ListedTask) => (other: ListedTask) =>
    other.taskId === one.taskId && other.subject === one.subject;
  return {
    sessionId,
    ...(project === null ? {} : { projectPath: project }),
    ...projectNameOf(project),
    previousTasks: before.map(claudeTaskView),
    currentTasks: after.map(claudeTaskView),
    added: after.filter((task) => !before.some(isSame(task))).map(claudeTaskView),
    removed: before.filter((task) => !after.some(isSame(task))).map(claudeTaskView),
    statusChanged: after.flatMap((task) => {
      const previous = before.find(isSame(task));
      if (previous === undefined || previous.status === task.status) return [];
      return [{ task: claudeTaskView(task), previousStatus: previous.status }];
    }),
    timestamp: at,
  };
}

/** The events of a change: the whole of it, then each task that was begun or done. */
export function eventsOf(change: ClaudeTasksChange, at: number): readonly NewMissionEvent[] {
  const { sessionId, projectName, added, statusChanged } = change;
  const moved = [...added, ...statusChanged.map(({ task }) => task)];
  const of = (task: ClaudeTaskView) => ({
    sessionId,
    task,
    ...(projectName === undefined ? {} : { projectName }),
  });
  return [
    { type: 'cc_tasks_changed', at, payload: change },
    ...moved.flatMap((task): readonly NewMissionEvent[] => {
      if (task.status === 'in_progress') return [{ type: 'cc_task_started', at, payload: of(task) }];
      if (task.status === 'completed') return [{ type: 'cc_task_completed', at, payload: of(task) }];
      return [];
    }),
  ];
}
