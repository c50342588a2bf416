import { blotOf, PUT_INSTEAD } from '../../db/redact-tokens.ts';

/** Of a shorter one, words that happen to stand around the end of a row would be taken for it. */
const LEAST_SECRET = 12;
/** So many of its letters stand together somewhere, or it is not looked for. */
const TOGETHER = 4;
/** Where a row of a terminal ends and the next begins: indented, or within the sides of a box. */
const BREAK = String.raw`[ \t│┃|╎⎿]{0,300}\r?\n[ \t│┃|╎⎿]{0,300}`;
const BREAKS = new RegExp(`(${BREAK})`);
const MEANS_MORE = /[\\^$.*+?()[\]{}|]/g;

function mayHold(text: string, secret: string): boolean {
  const middle = Math.floor((secret.length - TOGETHER) / 2);
  return [0, middle, secret.length - TOGETHER].some((at) => text.includes(secret.slice(at, at + TOGETHER)));
}

/** What is taken out of one row, and what of those that follow. */
type PutInstead = (part: string, isFirst: boolean) => string;

function takeOut(text: string, secrets: Iterable<string>, put: PutInstead): string {
  if (!text.includes('\n')) return text;
  const lines = [...secrets].flatMap((secret) => secret.split(/\r?\n/));
  return lines
    .filter((secret) => secret.trim().length >= LEAST_SECRET && mayHold(text, secret))
    .sort((a, b) => b.length - a.length)
    .reduce((rest, secret) => {
      const letters = Array.from(secret, (letter) => letter.replace(MEANS_MORE, '\\$&'));
      return rest.replace(new RegExp(letters.join(`(?:${BREAK})?`), 'gu'), (found) =>
        found
          .split(BREAKS)
          .map((part, at) => (at % 2 === 1 ? part : put(part, at === 0)))
          .join(''),
      );
    }, text);
}

/** Takes out of the rows of a screen known secrets that were too long for one of them. */
export const redactAcrossRows = (text: string, secrets: Iterable<string>): string =>
  takeOut(text, secrets, (_, isFirst) => (isFirst ? PUT_INSTEAD : ''));

/** Paints over them, letter for letter. */
export const blotAcrossRows = (text: string, secrets: Iterable<string>): string =>
  takeOut(text, secrets, blotOf);
