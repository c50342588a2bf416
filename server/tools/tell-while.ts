/** MCP clients give up a call of which they hear nothing for a minute. */
const TOLD_EVERY_MS = 15_000;

/** Tells the caller again and again how a long work stands, until it has ended. */
export async function tellWhile<Value>(
  progress: (message: string) => void,
  words: () => string,
  work: Promise<Value>,
): Promise<Value> {
  const again = setInterval(() => progress(words()), TOLD_EVERY_MS);
  try {
    return await work;
  } finally {
    clearInterval(again);
  }
}
