import { readGrowingTurn } from '../services/claude/growing-turn.ts';
import { lengthOfTranscript, type TranscriptTurn } from '../services/claude/transcript.ts';
import { MissionError } from '../services/errors/mission-error.ts';
import type { Keyboard } from '../services/keyboard/keyboard.ts';
import { must } from '../services/keyboard/keyboard-terminal.ts';
import type { FollowedClaude } from './claude-following.ts';

export interface SubmittingDependencies {
  readonly followed: FollowedClaude;
  readonly keyboard: Pick<Keyboard, 'deliver'>;
  /** Where Claude Code writes the conversation down; null while nobody knows. */
  readonly transcript: string | null;
}

/** Types prompts, and reads from the transcript that they have arrived and what was answered. */
export function createSubmitting({ followed, keyboard, transcript }: SubmittingDependencies) {
  const { until, view, requireRunning } = followed;

  /** @returns what the transcript says of the turn, each time that it is called */
  async function submit(prompt: string, calledOff?: AbortSignal): Promise<() => Promise<TranscriptTurn>> {
    requireRunning();
    if (transcript === null)
      throw new MissionError(
        'delivery_failed',
        'Without HOME or CLAUDE_CONFIG_DIR nobody can see whether a prompt arrives.',
      );
    const turn = readGrowingTurn(transcript, { prompt, afterOffset: await lengthOfTranscript(transcript) });
    const stop = new AbortController();
    const submitted = until(async () => (await turn()).found, stop.signal);
    // Only its success is waited for.
    const never = new Promise<void>(() => {});
    try {
      must(
        await keyboard.deliver(prompt, {
          signal: calledOff ?? new AbortController().signal,
          submitted: submitted.catch(() => never),
        }),
      );
    } finally {
      stop.abort();
    }
    return turn;
  }

  return {
    async send(prompt: string, calledOff?: AbortSignal): Promise<void> {
      await submit(prompt, calledOff);
    },
    async ask(prompt: string, calledOff?: AbortSignal): Promise<string> {
      const look = await submit(prompt, calledOff);
      let turn = await look();
      await until(async () => {
        if (view().state !== 'idle' && view().state !== 'error') return false;
        turn = await look();
        return turn.ended;
      }, calledOff);
      if (turn.interrupted)
        throw new MissionError('turn_interrupted', 'The turn was interrupted.', {
          remedy: 'Ask again when it is wanted.',
        });
      if (turn.error !== null) throw new MissionError('turn_failed', turn.error);
      return turn.lastAssistantMessage ?? '';
    },
  };
}
