import type { TaskId } from '../../db/ids.ts';
import type { MissionCore } from '../core.ts';
import { taskView } from './task-view.ts';
import { IN_EVENT } from './text-page.ts';

/** Ends the row of a task that has no actor to end it, and tells of it as a recorder would. */
export function failTask(core: MissionCore, taskId: TaskId, error: string): void {
  const before = core.tasks.get(taskId);
  if (before === undefined) return;
  const finishedAt = core.now();
  core.tasks.update(taskId, { status: 'failed', errorCode: 'internal', error, finishedAt });
  if (before.kind !== 'message')
    core.inbox.add({ taskId, fromRole: before.role, content: `failed: ${error}`, createdAt: finishedAt });
  const row = core.tasks.get(taskId);
  if (row === undefined) return;
  core.notices.taskEnded(row);
  core.bus.publish({
    type: 'task_changed',
    at: finishedAt,
    task: taskView(row, IN_EVENT),
    previousStatus: before.status,
  });
}
