/** As many lines as fit, the first ones first; one that is too long does not keep out those behind it. */
export function fillText(
  lines: Iterable<string>,
  mostCharacters: number,
): { readonly text: string; readonly omitted: number } {
  const taken: string[] = [];
  let used = 0;
  let omitted = 0;
  for (const line of lines) {
    if (used + line.length + 1 > mostCharacters) {
      omitted += 1;
      continue;
    }
    used += line.length + 1;
    taken.push(line);
  }
  return { text: taken.join('\n'), omitted };
}
