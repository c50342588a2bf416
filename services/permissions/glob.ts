import { HOLE } from './shell-word.ts';

function starsMatcher(glob: string): (text: string) => boolean {
  const [beginning = '', ...rest] = glob.split('*');
  const end = rest.pop();
  if (end === undefined) return (text) => text === glob;
  return (text) => {
    if (!text.startsWith(beginning) || !text.endsWith(end)) return false;
    let at = beginning.length;
    for (const piece of rest) {
      const found = text.indexOf(piece, at);
      if (found < 0) return false;
      at = found + piece.length;
    }
    return at <= text.length - end.length;
  };
}

/**
 * Matches a glob in which `*` stands for anything, slashes and new lines included. A last ` *` also stands for nothing.
 * Takes time in proportion to the text: an agent chooses what it is, and a regular expression would go back and forth.
 */
export function globMatcher(glob: string): (text: string) => boolean {
  const whole = starsMatcher(glob);
  if (!glob.endsWith(' *')) return whole;
  const withoutTail = starsMatcher(glob.slice(0, -2));
  return (text) => whole(text) || withoutTail(text);
}

/** A longer text with holes is taken to match: to be sure takes the product of both lengths. */
const MOST_CHARACTERS = 2_000;

/** True when some filling of the holes of `mask` makes a text that `glob` matches. */
export function mayMatch(glob: string, mask: string): boolean {
  const known = mask.indexOf(HOLE);
  if (known < 0) return globMatcher(glob)(mask);
  // Nearly every pattern differs in its first letters, long before a hole.
  const fixed = glob.includes('*') ? glob.indexOf('*') : glob.length;
  const same = Math.min(known, fixed);
  if (glob.slice(0, same) !== mask.slice(0, same))
    return glob.endsWith(' *') && mayMatch(glob.slice(0, -2), mask);
  // The hole may hold all the rest of the glob, and the star at its end whatever follows.
  if (glob.endsWith('*')) return true;
  if (mask.length > MOST_CHARACTERS) return true;

  // Which prefixes of the glob fit what was read of the mask so far.
  const skipStars = (fits: boolean[]): boolean[] => {
    for (let at = 0; at < glob.length; at++) if (fits[at] === true && glob[at] === '*') fits[at + 1] = true;
    return fits;
  };
  const endsOpen = glob.endsWith('*');
  let fits = skipStars([true]);
  for (const char of mask) {
    const next: boolean[] = [];
    if (char === HOLE) {
      const from = fits.indexOf(true);
      for (let at = from; from >= 0 && at <= glob.length; at++) next[at] = true;
    } else {
      for (let at = 0; at < glob.length; at++) {
        if (fits[at] !== true) continue;
        if (glob[at] === '*') next[at] = true;
        else if (glob[at] === char) next[at + 1] = true;
      }
    }
    fits = skipStars(next);
    // Behind a last star comes whatever may come.
    if (endsOpen && fits[glob.length] === true) return true;
    if (!fits.includes(true)) return false;
  }
  return fits[glob.length] === true;
}
