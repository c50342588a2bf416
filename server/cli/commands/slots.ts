import { z } from 'zod';
import { SlotView, TaskView } from '../../../actors/mission/views.ts';
import type { Command } from '../command.ts';
import { askOfSlot } from '../slot-named.ts';
import { table } from '../table.ts';
import { restOfResult } from '../whole-result.ts';

const Slots = z.object({ slots: z.array(SlotView) });
const Tasks = z.object({ tasks: z.array(TaskView) });

/** A slot without a program, and not because nobody wants one. */
const RESTS: ReadonlySet<string> = new Set(['backingOff', 'quarantined', 'crashed']);

/** What it does, or what keeps it from doing anything. */
function doing({ pendingConfirmation: asks, paused, failure, statusText }: SlotView): string {
  if (asks !== undefined)
    return `asks: ${asks.tool ?? ''} ${asks.argument ?? ''} [${asks.options.join(' | ')}]`;
  if (paused !== undefined) return `takes nothing new: ${paused.why}`;
  return failure ?? statusText ?? '';
}

function slotTable(slots: readonly SlotView[]): string {
  return table(
    ['SLOT', 'ROLE', 'STATE', 'TASK', 'DOING'],
    slots.map((slot) => [
      slot.slotId,
      slot.role,
      RESTS.has(slot.status) ? slot.status : (slot.trouble ?? slot.state),
      slot.currentTaskId?.slice(0, 8) ?? '',
      doing(slot),
    ]),
  );
}

/** Where the work of a task lies. */
function worktreeLine({ worktree }: TaskView): string {
  if (worktree === undefined) return '';
  const { path, branch, status, commits, changedFiles, rescue } = worktree;
  const place = status === 'removed' ? (rescue ?? '') : path;
  return `worktree ${status}: ${branch}, ${commits} commits, ${changedFiles} files changed  ${place}\n`;
}

export const restart: Command = {
  name: 'restart',
  agents: 'nothing',
  summary: 'end the session of a slot and start a fresh one, also of one in quarantine',
  usage: 'SLOT',
  options: {},
  words: [1, 1],
  async run({ positionals: [name = ''] }, { call, print }) {
    const slot = SlotView.parse(
      await askOfSlot(name, (slotId) => call('mission_restart', { slotId }), { call }),
    );
    print(slot, () => `${slot.slotId} is ${slot.state}\n`);
    return 0;
  },
};

export const slots: Command = {
  name: 'slots',
  agents: 'all',
  summary: 'the slots and what their sessions do',
  usage: '',
  options: {},
  words: [0, 0],
  async run(_, { call, print }) {
    const output = Slots.parse(await call('mission_pty_status'));
    print(output, () => slotTable(output.slots));
    return 0;
  },
};

export const status: Command = {
  name: 'status',
  agents: 'all',
  summary: 'slots, open tasks, and what waits for an answer; or one task',
  usage: '[TASK]',
  options: {},
  words: [0, 1],
  async run({ positionals: [taskId] }, { call, print }) {
    if (taskId !== undefined) {
      const first = TaskView.parse(await call('mission_status', { taskId }));
      const { nextOffset, ...task } = first;
      if (nextOffset !== undefined)
        task.result = `${first.result ?? ''}${await restOfResult(call, { taskId: first.id, nextOffset })}`;
      print(
        task,
        () =>
          `${task.id}  ${task.status}${task.slotId === undefined ? '' : `  ${task.slotId}`}\n${worktreeLine(task)}${task.result ?? task.error ?? ''}\n`,
      );
      return task.status === 'failed' ? 1 : 0;
    }
    const [{ slots: all }, { tasks }] = await Promise.all([
      call('mission_pty_status').then((value) => Slots.parse(value)),
      call('mission_task', { limit: 10 }).then((value) => Tasks.parse(value)),
    ]);
    print({ slots: all, tasks }, () => `${slotTable(all)}\n${taskTable(tasks)}`);
    return 0;
  },
};

/** Tasks, one a row. */
export function taskTable(tasks: readonly TaskView[]): string {
  return table(
    ['TASK', 'STATUS', 'ROLE', 'SLOT', 'PROMPT'],
    tasks.map((task) => [task.id.slice(0, 8), task.status, task.role, task.slotId ?? '', task.prompt]),
  );
}
