import type { TaskId } from '../../db/ids.ts';

/** One attempt at a job. */
export interface MemoryWork {
  /** The same work has the same key, also after a restart: it is done once. */
  readonly key: string;
  /** Asked for only when the work was not handed in before. */
  readonly prompt: () => string;
  /** Milliseconds. */
  readonly timeoutMs: number;
  readonly priority: number;
  readonly label: string;
  /** Told which task it became, where it became one. */
  readonly submitted: (taskId: TaskId) => void;
}

/** Who reads batches and answers. */
export interface MemoryWorker {
  readonly name: 'slot' | 'router';
  /** Why nothing can be handed in; null when it can. */
  readonly unavailable: () => string | null;
  /**
   * Resolves with the answer.
   * @throws MissionError why there is none; `cancelled` when somebody did not want it
   */
  work(work: MemoryWork, signal: AbortSignal): Promise<string>;
}
