import { cleanPrompt, withoutInvisible } from './clean-prompt.ts';
import { unwrapPasted } from './pasted-content.ts';

function words(text: string): string {
  return withoutInvisible(unwrapPasted(cleanPrompt(text))).trim();
}

/**
 * True when the prompt that a UserPromptSubmit hook carried is the one that was to be typed.
 * Blanks at both ends, the wrapping of pasted text and invisible characters (which Claude Code removes) do not count.
 */
export function sameWords(expected: string, heard: string): boolean {
  return words(expected) === words(heard);
}
