import { slotHistory } from '../../tools/slot-history.ts';
import type { Command } from '../command.ts';
import { numberOf } from '../option-values.ts';
import { slotNamed } from '../slot-named.ts';
import { table } from '../table.ts';

const SHORT_ID = 8;
const SECOND_MS = 1_000;

const whenOf = (at: number): string => new Date(at).toISOString().slice(0, 16).replace('T', ' ');
const seconds = (ms: number | null | undefined): string =>
  ms === null || ms === undefined ? '' : `${Math.round(ms / SECOND_MS)} s`;

export const history: Command = {
  name: 'history',
  agents: 'all',
  summary: 'what slots have done, whoever handed it in; with --stats the counts',
  usage: '[SLOT] [--type T] [--status S] [--limit N] [--stats]',
  options: {
    type: {
      type: 'string',
      help: 'task, ask, message, check, realtime_extract, deep_analysis, kb_consolidation',
    },
    status: { type: 'string', help: 'as done, failed, running' },
    limit: { type: 'string', help: 'how many' },
    stats: { type: 'boolean', help: 'how many of each kind, and how long they took' },
  },
  words: [0, 1],
  async run(parsed, { call, print }) {
    const {
      positionals: [name],
      values,
    } = parsed;
    const named = {
      slotId: name === undefined ? undefined : await slotNamed(name, { call }),
      taskType: values['type'],
      status: values['status'],
      limit: numberOf(parsed, 'limit', { whole: true }),
      stats: values['stats'],
    };
    const input = Object.fromEntries(Object.entries(named).filter(([, value]) => value !== undefined));
    const output = slotHistory.output.parse(await call(slotHistory.name, input));
    const { tasks = [], stats } = output;
    print(output, () =>
      stats === undefined
        ? table(
            ['TASK', 'SLOT', 'TYPE', 'STATUS', 'MADE', 'TOOK', 'PROMPT'],
            tasks.map(({ taskId, slotId, taskType, status, createdAt, durationMs, prompt }) => [
              taskId.slice(0, SHORT_ID),
              slotId,
              taskType,
              status,
              whenOf(createdAt),
              seconds(durationMs),
              prompt,
            ]),
          )
        : `${stats.total} tasks: ${stats.completed} done, ${stats.failed} failed, ${stats.running} running; ${stats.totalOutput} tokens written.\n${table(
            ['TYPE', 'TASKS', 'TAKES'],
            stats.byType.map(({ taskType, count, avgDurationMs }) => [
              taskType,
              String(count),
              seconds(avgDurationMs),
            ]),
          )}`,
    );
    return 0;
  },
};
