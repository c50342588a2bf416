/** Lines that are shown around what is another. */
const CONTEXT = 2;

const linesOf = (text: string): readonly string[] => text.split('\n');

/** What is another in a text, as one piece of a unified diff; empty when nothing is. */
export function differenceOf(before: string, after: string): string {
  if (before === after) return '';
  const [old, now] = [linesOf(before), linesOf(after)];
  const most = Math.min(old.length, now.length);
  let same = 0;
  while (same < most && old[same] === now[same]) same += 1;
  let behind = 0;
  while (behind < most - same && old[old.length - 1 - behind] === now[now.length - 1 - behind]) behind += 1;
  const start = Math.max(0, same - CONTEXT);
  const more = Math.min(CONTEXT, behind);
  const rows = [
    ...old.slice(start, same).map((line) => ` ${line}`),
    ...old.slice(same, old.length - behind).map((line) => `-${line}`),
    ...now.slice(same, now.length - behind).map((line) => `+${line}`),
    ...old.slice(old.length - behind, old.length - behind + more).map((line) => ` ${line}`),
  ];
  const span = (length: number): string => `${start + 1},${length - behind + more - start}`;
  return [`@@ -${span(old.length)} +${span(now.length)} @@`, ...rows].join('\n');
}
