import {
  type LogEntry,
  type LogFilter,
  type LogPlace,
  searchEntries,
} from '../../services/diagnostics/search-entries.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import type { TraceLedger } from '../../services/ledger/trace-ledger.ts';
import type { MissionCore } from '../core.ts';
import type { TaskOperations } from '../mission/task-operations.ts';
import type { TraceView } from './jarvis-views.ts';
import { traceOf } from './trace-task.ts';

/** Judgements of one task that are told of; the audit has the rest. */
const MOST_JUDGEMENTS = 500;

export interface LogRequest extends LogFilter {
  readonly before?: LogPlace | undefined;
  readonly limit: number;
  readonly signal: AbortSignal;
}

/** What the daemon has written down of itself, and of the way of each request. */
export interface Jarvis {
  /** Newest first. */
  logs(request: LogRequest): Promise<{ readonly entries: readonly LogEntry[]; readonly next?: LogPlace }>;
  /**
   * Without an id that of the task that was handed in last.
   * @throws MissionError `task_unknown`
   */
  trace(idOrPrefix: string | undefined): TraceView;
}

export interface JarvisDependencies {
  readonly core: MissionCore;
  readonly ledger: TraceLedger;
  readonly tasks: Pick<TaskOperations, 'task'>;
  readonly logFile: string;
}

export function createJarvis({ core, ledger, tasks, logFile }: JarvisDependencies): Jarvis {
  return {
    logs: ({ before, limit, signal, ...filter }) => searchEntries(logFile, filter, { before, limit, signal }),
    trace(idOrPrefix) {
      const taskId = idOrPrefix === undefined ? ledger.latestTask() : tasks.task(idOrPrefix).id;
      const task = taskId === undefined ? undefined : core.tasks.get(taskId);
      if (task === undefined)
        throw new MissionError('task_unknown', 'No task has been handed in yet.', {
          remedy: 'mission_submit hands one in.',
        });
      return traceOf({
        task,
        attempts: core.attempts.of(task.id),
        deliveries: ledger.deliveriesOf(task.id),
        messages: ledger.messagesOf(task.id),
        audit: core.audit.trace({ taskId: task.id }, { limit: MOST_JUDGEMENTS }),
      });
    },
  };
}
