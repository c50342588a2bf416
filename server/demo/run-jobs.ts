import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { SlotView, TaskView } from '../../actors/mission/views.ts';
import { DEMO_JOBS } from './jobs.ts';
import type { LiveTable } from './live-table.ts';
import type { McpConnection } from './mcp-connection.ts';

/** How often the table looks. The daemon pushes changes on its sockets; over MCP a client asks. */
const LOOK_EVERY_MS = 120;

type TitledTask = TaskView & { readonly title: string };

export interface JobOutcome {
  readonly task: TitledTask;
  readonly asExpected: boolean;
}

const isOver = ({ status }: TaskView): boolean =>
  status === 'done' || status === 'failed' || status === 'cancelled';

/** Submits every job through MCP, shows how they go, answers what asks, and returns what came of them. */
export async function runJobs(
  mcp: McpConnection,
  table: LiveTable,
  workspace: (slotId: string) => string,
  signal: AbortSignal,
): Promise<readonly JobOutcome[]> {
  const ids: string[] = [];
  for (const job of DEMO_JOBS) {
    const { taskId } = z
      .object({ taskId: z.string() })
      .parse(await mcp.call('mission_submit', { role: job.role, prompt: job.prompt(workspace) }));
    ids.push(taskId);
  }
  for (;;) {
    signal.throwIfAborted();
    const { slots } = z.object({ slots: z.array(SlotView) }).parse(await mcp.call('mission_pty_status', {}));
    const tasks = await Promise.all(
      ids.map(
        async (taskId, index): Promise<TitledTask> => ({
          ...TaskView.parse(await mcp.call('mission_status', { taskId })),
          title: DEMO_JOBS[index]?.title ?? '',
        }),
      ),
    );
    table.update(slots, tasks);
    for (const { slotId, pendingConfirmation } of slots) {
      if (pendingConfirmation === undefined) continue;
      table.note(
        `  ${slotId} asks: ${pendingConfirmation.tool ?? ''} ${pendingConfirmation.argument ?? ''}  → answered "Yes" with mission_pty_confirm`,
      );
      await mcp.call('mission_pty_confirm', { slotId, response: 'Yes' });
    }
    if (tasks.every(isOver)) {
      table.finish();
      return tasks.map((task, index) => ({
        task,
        asExpected: task.status === 'done' && DEMO_JOBS[index]?.expected.test(task.result ?? '') === true,
      }));
    }
    await sleep(LOOK_EVERY_MS, undefined, { signal });
  }
}
