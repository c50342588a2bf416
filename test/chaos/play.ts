import { setTimeout as sleep } from 'node:timers/promises';
import { type Ran, runChaos } from './run.ts';
import { createStage, type Stage } from './stage.ts';
import { judge, outcomesOf, type Verdict } from './verdict.ts';

export interface ChaosOptions {
  readonly forMs: number;
  readonly seed: number;
  readonly realClaude: boolean;
  /** Keeps the folder of the run when a promise was broken, and says where it is. */
  readonly keep: boolean;
  readonly tell: (line: string) => void;
}

/** Processes may end in their own time after the daemon has (a status line that was just called), but not in so long. */
const LAST_WORDS_AT_MOST_MS = 20_000;
const LOOK_EVERY_MS = 50;

/** What still runs when everything has had the time to end. */
async function orphansOf(stage: Stage): Promise<readonly string[]> {
  const until = Date.now() + LAST_WORDS_AT_MOST_MS;
  while (stage.processes().length > 0 && Date.now() < until) await sleep(LOOK_EVERY_MS);
  return stage.processes().map(({ pid, command }) => `${pid} ${command}`);
}

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
    const verdict = judge(ran, outcomes, await orphansOf(stage));
    keep &&= verdict.broken.length > 0;
    if (keep) options.tell(`everything of this run is in ${stage.directory}`);
    return { ran, verdict };
  } finally {
    await stage.close({ keep });
  }
}
