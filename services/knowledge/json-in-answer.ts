const CLOSES = { '{': '}', '[': ']' } as const;

/**
 * The object or the list of a model's answer: what stands between the first bracket and the last. Models like to put
 * words or a fence around it.
 * @returns undefined where there is none that can be read
 */
export function jsonIn(answer: string, opens: keyof typeof CLOSES): unknown {
  const start = answer.indexOf(opens);
  const end = answer.lastIndexOf(CLOSES[opens]);
  if (start === -1 || end <= start) return undefined;
  try {
    return JSON.parse(answer.slice(start, end + 1));
  } catch {
    return undefined;
  }
}
