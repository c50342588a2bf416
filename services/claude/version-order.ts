/** True when `version` (`2.1.329`) is `least` or newer. Words that are no number count as 0. */
export function atLeast(version: string, least: string): boolean {
  const numbers = (text: string) => text.split('.').map((part) => Number.parseInt(part, 10) || 0);
  const [have, want] = [numbers(version), numbers(least)];
  for (const [index, wanted] of want.entries()) {
    const got = have[index] ?? 0;
    if (got !== wanted) return got > wanted;
  }
  return true;
}
