import type { SlotId } from '../../db/ids.ts';
import { namesFolder } from '../../services/claude/names-folder.ts';
import { within } from '../../services/deadline/within.ts';
import { must } from '../../services/keyboard/keyboard-terminal.ts';
import type { MissionCore } from '../core.ts';
import type { Questions } from './questions.ts';

/** A dialog of two options is answered within a second; a loaded machine may take longer. */
const KEYS_WITHIN_MS = 15_000;
/** Who answers, for the record. */
const BY_CONFIGURATION = 'trustCwd';

export interface AnswerTrustDependencies {
  readonly core: Pick<MissionCore, 'bus' | 'logger' | 'runtime'>;
  readonly questions: Pick<Questions, 'of' | 'answerByKeys' | 'answeredJustNowBy'>;
  /** Aborted when the daemon stops. */
  readonly signal: AbortSignal;
  readonly onError: (error: unknown) => void;
}

/**
 * Answers a trust dialog of a slot whose folder a person has called trusted (`trustCwd: true`). It was answered in Claude
 * Code's state beforehand, but another Claude Code of the same home may have written an older state over that. A dialog
 * about any other folder is left to a person.
 */
export function answerTrustByItself({ core, questions, signal, onError }: AnswerTrustDependencies): void {
  async function answer(slotId: SlotId): Promise<void> {
    const question = questions.of(slotId);
    const { configuration, cwd, keyboard, transcriptPath } = core.runtime(slotId);
    // Claude Code asks before it calls its first hook. What looks like it afterwards may have been drawn by what runs there.
    if (transcriptPath !== null) return;
    const label = question?.options.find((option) => /^yes\b/i.test(option));
    if (question?.kind !== 'trust' || !configuration.trustCwd || keyboard === null || label === undefined)
      return;
    if (!(await namesFolder(question.argument, cwd))) return;
    // A person may have been faster.
    if (questions.of(slotId)?.id !== question.id || questions.answeredJustNowBy(slotId) !== null) return;
    await questions.answerByKeys(slotId, { label, answeredBy: BY_CONFIGURATION }, async (expected, whole) =>
      must(await keyboard.choose(whole, { signal: within(KEYS_WITHIN_MS, signal), expected })),
    );
    core.logger.info(
      { slotId, cwd },
      'Claude Code has asked whether the folder is trusted, and was told yes',
    );
  }

  const leave = core.bus.subscribe((event) => {
    if (event.type !== 'question_asked' || event.question.kind !== 'trust') return;
    const { slotId } = event.question;
    // Behind the transition that asks: until then it is not known by which dialog.
    void Promise.resolve()
      .then(() => answer(slotId))
      .catch((error: unknown) => {
        // It waits for a person then.
        if (!signal.aborted) onError(error);
      });
  });
  signal.addEventListener('abort', leave, { once: true });
}
