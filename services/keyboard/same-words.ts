import { cleanPrompt, withoutInvisible } from './clean-prompt.ts';

/** How 2.1.329 hands on what it took for a paste; the line feeds around the tags are its own. */
const PASTE_OPENS = /(?:\n\n)?<pasted_content id="[^"]*">\n?/g;
const PASTE_CLOSES = /\n?<\/pasted_content id="[^"]*">(?:\n+|$)/g;

function words(text: string): string {
  const unwrapped = cleanPrompt(text).replace(PASTE_OPENS, '').replace(PASTE_CLOSES, '');
  return withoutInvisible(unwrapped).trim();
}

/**
 * True when the prompt that a UserPromptSubmit hook carried is the one that was to be typed.
 * Blanks at both ends, the wrapping of pasted text and invisible characters (which Claude Code removes) do not count.
 */
export function sameWords(expected: string, heard: string): boolean {
  return words(expected) === words(heard);
}
