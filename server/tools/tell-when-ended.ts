import type { Mission } from '../../actors/mission/api.ts';
import type { TaskView } from '../../actors/mission/views.ts';
import type { TaskId } from '../../db/ids.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import type { CallerConnection } from './operation.ts';

const isOver = ({ finishedAt }: TaskView): boolean => finishedAt !== undefined;

/**
 * The connection of a caller who wants to be told later.
 * @throws MissionError `input_invalid` when the caller's door closes with the call
 */
export function requireConnection(connection: CallerConnection | undefined): CallerConnection {
  if (connection !== undefined) return connection;
  throw new MissionError('input_invalid', '`notify` is for MCP sessions: nothing of this call stays open.', {
    remedy: 'Leave it out, and use `hooks:` in slots.yaml, the WebSocket /tasks, or mission_inbox.',
  });
}

/** Tells a connection when a task has ended, unless it is closed before. */
export function tellWhenEnded(mission: Mission, taskId: TaskId, { closed, tell }: CallerConnection): void {
  if (closed.aborted) return;
  const look = (task: TaskView): void => {
    if (!isOver(task)) return;
    stop();
    const { result, resultTotalChars, error, errorCode } = task;
    tell({
      event: `task_${task.status}`,
      taskId,
      status: task.status,
      result,
      resultTotalChars,
      error,
      errorCode,
    });
  };
  const unsubscribe = mission.subscribe((event) => {
    if (event.type === 'task_changed' && event.task.id === taskId) look(event.task);
  });
  const stop = (): void => {
    unsubscribe();
    closed.removeEventListener('abort', stop);
  };
  closed.addEventListener('abort', stop);
  // It may have ended while it was being submitted.
  look(mission.task(taskId));
}
