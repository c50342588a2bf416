import { HOLE } from './shell-word.ts';

/** A glob in which `*` stands for anything, slashes and new lines included. A last ` *` also stands for nothing. */
export function globToRegExp(glob: string): RegExp {
  const body = glob
    .split('*')
    .map((piece) => piece.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
    .join('[\\s\\S]*');
  const optionalTail = body.replace(/ \[\\s\\S\]\*$/, '(?: [\\s\\S]*)?');
  return new RegExp(`^${optionalTail}$`, 'u');
}

/** True when some filling of the holes of `mask` makes a text that `glob` matches. */
export function mayMatch(glob: string, mask: string): boolean {
  if (glob.endsWith(' *') && mayMatch(glob.slice(0, -2), mask)) return true;
  const known = mask.indexOf(HOLE);
  if (known < 0) return globToRegExp(glob).test(mask);
  // Nearly every pattern differs in its first letters, long before a hole.
  const fixed = glob.includes('*') ? glob.indexOf('*') : glob.length;
  const same = Math.min(known, fixed);
  if (glob.slice(0, same) !== mask.slice(0, same)) return false;

  // Which prefixes of the glob fit what was read of the mask so far.
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
