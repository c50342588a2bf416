/** One step of a name in a pattern: what each of its letters may be. */
type Letter =
  | { readonly kind: 'star' }
  | { readonly kind: 'any' }
  | { readonly kind: 'one'; readonly of: string }
  | {
      readonly kind: 'class';
      readonly not: boolean;
      readonly ranges: readonly (readonly [from: string, to: string])[];
    };
type Step = readonly Letter[] | 'any depth';

/** `[abc]`, `[a-z]`, `[!a]`; null when the bracket is never closed, and so a letter. */
function classAt(text: string, at: number): { readonly letter: Letter; readonly end: number } | null {
  const not = text[at + 1] === '!' || text[at + 1] === '^';
  const first = at + (not ? 2 : 1);
  // A closing bracket that comes first is one of the letters.
  const end = text.indexOf(']', first + 1);
  if (end < 0) return null;
  const ranges: (readonly [string, string])[] = [];
  for (let index = first; index < end; index++) {
    const from = text.charAt(index);
    if (text[index + 1] === '-' && index + 2 < end) {
      ranges.push([from, text.charAt(index + 2)]);
      index += 2;
    } else ranges.push([from, from]);
  }
  return { letter: { kind: 'class', not, ranges }, end };
}

function lettersOf(step: string): readonly Letter[] {
  const letters: Letter[] = [];
  for (let at = 0; at < step.length; at++) {
    const char = step.charAt(at);
    const found = char === '[' ? classAt(step, at) : null;
    if (found !== null) {
      letters.push(found.letter);
      at = found.end;
    } else if (char === '*') {
      if (letters.at(-1)?.kind !== 'star') letters.push({ kind: 'star' });
    } else if (char === '?') letters.push({ kind: 'any' });
    else {
      // A backslash at the end is itself.
      if (char === '\\' && at + 1 < step.length) at += 1;
      letters.push({ kind: 'one', of: step.charAt(at) });
    }
  }
  return letters;
}

function isLetter(letter: Letter, char: string): boolean {
  if (letter.kind === 'one') return letter.of === char;
  if (letter.kind !== 'class') return true;
  return letter.ranges.some(([from, to]) => from <= char && char <= to) !== letter.not;
}

/**
 * Matches a sequence against one in which some members stand for any run. Goes back to the last such member only, which
 * is enough, and so takes no longer than the product of both lengths: names are chosen by agents, patterns by repositories.
 */
function matchesAll<Member, Item>(
  pattern: readonly Member[],
  items: readonly Item[],
  isRun: (member: Member) => boolean,
  fits: (member: Member, item: Item) => boolean,
): boolean {
  let [at, item, lastRun, runEnd] = [0, 0, -1, 0];
  while (item < items.length) {
    const member = pattern[at];
    const current = items[item];
    if (member !== undefined && isRun(member)) {
      lastRun = at;
      runEnd = item;
      at += 1;
    } else if (member !== undefined && current !== undefined && fits(member, current)) {
      at += 1;
      item += 1;
    } else if (lastRun >= 0) {
      at = lastRun + 1;
      runEnd += 1;
      item = runEnd;
    } else return false;
  }
  return pattern.slice(at).every(isRun);
}

const isStar = (letter: Letter): boolean => letter.kind === 'star';
const isAnyDepth = (step: Step): boolean => step === 'any depth';

/**
 * Matches names of files against a pattern in the style of gitignore, whose steps are between slashes: `*` and `?` stay
 * within a step, `**` is any number of them. What names a folder means all that is in it.
 */
export function pathGlob(pattern: string, { ignoresCase = false } = {}): (name: string) => boolean {
  const folded = (text: string): string => (ignoresCase ? text.toLowerCase() : text);
  const steps: readonly Step[] = folded(pattern)
    .split('/')
    .map((step) => (step === '**' ? 'any depth' : lettersOf(step)));
  const wanted: readonly Step[] = steps.at(-1) === 'any depth' ? steps : [...steps, 'any depth'];
  const fits = (step: Step, name: string): boolean =>
    step !== 'any depth' && matchesAll(step, [...name], isStar, isLetter);
  return (name) => matchesAll(wanted, folded(name).split('/'), isAnyDepth, fits);
}
