import { type Ran, runChaos } from './run.ts';
import { createStage } from './stage.ts';
import { judge, outcomesOf, type Verdict } from './verdict.ts';

export interface ChaosOptions {
  readonly forMs: number;
  readonly seed: number;
  readonly realClaude: boolean;
  /** Keeps the folder of the run when a promise was broken, and says where it is. */
  readonly keep: boolean;
  readonly tell: (line: string) => void;
}

/** Processes that end in their own time after the daemon has: a status line that was just called. */
const LAST_WORDS_MS = 1_000;

/** Plays a run on a stage of its own and judges it. */
export async function playChaos(
  options: ChaosOptions,
): Promise<{ readonly ran: Ran; readonly verdict: Verdict }> {
  const stage = await createStage({ realClaude: options.realClaude });
  if (stage.clock === null)
    options.tell('the clock stays as it is: no C compiler builds the library that shifts it');
  if (stage.disk === null) options.tell('no disk is filled: mounting a small one is not allowed here');
  let keep = options.keep;
  try {
    const ran = await runChaos(stage, options);
    const outcomes = await outcomesOf(stage, ran);
    await stage.down();
    await new Promise((resolve) => setTimeout(resolve, LAST_WORDS_MS));
    const orphans = stage.processes().map(({ pid, command }) => `${pid} ${command}`);
    const verdict = judge(ran, outcomes, orphans);
    keep &&= verdict.broken.length > 0;
    if (keep) options.tell(`everything of this run is in ${stage.directory}`);
    return { ran, verdict };
  } finally {
    await stage.close({ keep });
  }
}
