/** Letters that are not seen, turn the order of others around, or look like a blank and are none. */
const HIDDEN =
  /[\p{Cf}\p{Co}\u00a0\u115f\u1160\u2000-\u200a\u2028\u2029\u202f\u205f\u2800\u3000\u3164\uffa0]|[\u{e0100}-\u{e01ef}]/gu;

/**
 * What somebody is to approve, as it is: a letter that hides, or turns the text around, is shown by its number
 * (`⟨U+202E⟩`). Source: Unicode Technical Report 36, 2.10 and 3.
 */
export function revealLetters(text: string): string {
  return text.replace(
    HIDDEN,
    (letter) => `⟨U+${(letter.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}⟩`,
  );
}
