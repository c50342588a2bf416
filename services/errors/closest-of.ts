const MOST_NAMED = 3;
/** As much of a word may be another letter, or missing. */
const MOST_WRONG = 0.4;

/** How many letters are to be changed, added or left out to make one word of the other. */
function distance(from: string, to: string): number {
  let before = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [row, letter] of [...from].entries()) {
    const now = [row + 1];
    for (let column = 1; column <= to.length; column += 1) {
      const change = (before[column - 1] ?? 0) + (to[column - 1] === letter ? 0 : 1);
      now.push(Math.min(change, (before[column] ?? 0) + 1, (now[column - 1] ?? 0) + 1));
    }
    before = now;
  }
  return before.at(-1) ?? 0;
}

/** The names that somebody may have meant who wrote a word that is none of them, the closest first. */
export function closestOf(word: string, names: readonly string[]): readonly string[] {
  const meant = word.toLowerCase();
  return [...new Set(names)]
    .map((name) => {
      const candidate = name.toLowerCase();
      const isPart = meant.length > 2 && candidate.includes(meant);
      return {
        name,
        far: isPart ? 0 : distance(meant, candidate) / Math.max(meant.length, candidate.length),
      };
    })
    .filter(({ far }) => far <= MOST_WRONG)
    .sort((a, b) => a.far - b.far || a.name.localeCompare(b.name))
    .slice(0, MOST_NAMED)
    .map(({ name }) => name);
}
