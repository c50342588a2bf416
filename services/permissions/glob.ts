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

/** True when both have the same letters up to `end`. */
function beginAlike(one: string, other: string, end: number): boolean {
  for (let at = 0; at < end; at++) if (one.charCodeAt(at) !== other.charCodeAt(at)) return false;
  return true;
}

/** True when the last letters of both are the same, or the first of them a star. */
function endAlike(glob: string, text: string, count: number): boolean {
  for (let back = 1; back <= count; back++) {
    const letter = glob.charAt(glob.length - back);
    if (letter === '*') return true;
    if (letter !== text.charAt(text.length - back)) return false;
  }
  return true;
}

/** True when some filling of the holes makes the text. Both end alike. */
function fillsTo(mask: string, text: string): boolean {
  let found = 0;
  let from = 0;
  for (let hole = mask.indexOf(HOLE); hole >= 0; hole = mask.indexOf(HOLE, from)) {
    const literal = mask.slice(from, hole);
    const at = text.indexOf(literal, found);
    if (at < 0 || (from === 0 && at > 0)) return false;
    found = at + literal.length;
    from = hole + 1;
  }
  return found <= text.length - (mask.length - from);
}

/** The same for a glob with stars, and an end of its own: which beginnings of it fit what was read of the mask so far. */
function starsFill(glob: string, mask: string): boolean {
  const skipStars = (fits: boolean[]): boolean[] => {
    for (let at = 0; at < glob.length; at++) if (fits[at] === true && glob[at] === '*') fits[at + 1] = true;
    return fits;
  };
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
    if (!fits.includes(true)) return false;
  }
  return fits[glob.length] === true;
}

/** A longer text with holes is taken to match: to be sure takes the product of both lengths. */
const MOST_CHARACTERS = 2_000;

/** True when some filling of the holes of `mask` makes a text that `glob` matches. */
export function mayMatch(glob: string, mask: string): boolean {
  const known = mask.indexOf(HOLE);
  const star = glob.indexOf('*');
  if (known < 0) return star < 0 ? glob === mask : globMatcher(glob)(mask);
  // Nearly every pattern differs in its first letters, long before a hole, or in its last.
  if (!beginAlike(glob, mask, Math.min(known, star < 0 ? glob.length : star))) return false;
  // The hole may hold all the rest of the glob, and the star at its end whatever follows.
  if (glob.endsWith('*')) return true;
  if (!endAlike(glob, mask, mask.length - 1 - mask.lastIndexOf(HOLE))) return false;
  if (star < 0) return fillsTo(mask, glob);
  return mask.length > MOST_CHARACTERS || starsFill(glob, mask);
}
