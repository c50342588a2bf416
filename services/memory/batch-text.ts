/** One message of a batch. */
export interface BatchMessage {
  readonly id: number;
  /** Which conversation it is of. */
  readonly session: string;
  readonly role: string;
  readonly text: string;
}

/** The person's words tell most; of an agent's the beginning says what it was about. Characters. */
const MOST_OF = { user: 4_000, assistant: 1_500 } as const;

/** The beginning of a text, cut between two lines, or two words where one line is too long. */
export function beginningOf(text: string, most: number): string {
  if (text.length <= most) return text;
  const head = text.slice(0, most);
  const end = ['\n', ' '].map((gap) => head.lastIndexOf(gap)).find((place) => place > most / 2);
  // A surrogate pair is not cut in two.
  const kept = head
    .slice(0, end)
    .replace(/[\ud800-\udbff]$/, '')
    .trimEnd();
  return `${kept} … (${text.length - kept.length} more characters)`;
}

export const shortened = ({ role, text }: Pick<BatchMessage, 'role' | 'text'>): string =>
  beginningOf(text, role === 'user' ? MOST_OF.user : MOST_OF.assistant);

/**
 * A message as one line of JSON. A line feed cannot stand in it, so that nothing that was said can end the batch; nor can
 * `@`, behind which Claude Code would look for a file.
 */
export function lineOf(message: BatchMessage): string {
  const { id, session } = message;
  const by = message.role === 'user' ? 'user' : 'assistant';
  return JSON.stringify({ id, session: session.slice(0, 8), by, said: shortened(message) })
    .replaceAll('@', '\\u0040')
    .replaceAll('\u2028', '\\u2028')
    .replaceAll('\u2029', '\\u2029');
}
