import { MAX_PROMPT_CHARACTERS } from '../../services/keyboard/prompt-plan.ts';

/** What a session whose context is used up is asked for. */
export const ASK_FOR_HAND_OVER = `The context of this session is nearly used up, so a fresh session will go on in your place. It knows nothing of this conversation. Write the hand-over for it: what was asked, what is done, what is next, which files were touched and in what state they are, and anything learnt that stands in no file. Answer with the hand-over alone, in at most 600 words, and use no tools.`;

/** What the next session is told when the earlier one could not write anything. */
export function withoutHandOver(transcriptPath: string | null): string {
  return transcriptPath === null
    ? 'It could not write a hand-over; look at the files and at git for what was done.'
    : `It could not write a hand-over; its transcript is ${transcriptPath}. Look at the files and at git for what was done.`;
}

/** A prompt behind a hand-over. Nothing of the prompt is ever cut; of a hand-over that is too long the end is. */
export function behindHandOver(handOver: string, prompt: string): string {
  const before =
    'You go on in the place of an earlier session, which has handed over to you. Its hand-over:\n\n';
  const after = '\n\nThe task now is:\n\n';
  const room = MAX_PROMPT_CHARACTERS - before.length - after.length - prompt.length;
  return room <= 0 ? prompt : `${before}${handOver.slice(0, room)}${after}${prompt}`;
}
