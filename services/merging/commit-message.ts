/** More is no message. */
const MOST_LETTERS = 20_000;
const MOST_SUBJECT = 200;

/** Without what a terminal would obey, and without lines that look as if missiond had written them. */
const plain = (text: string): string =>
  text
    .replace(/\r\n?/g, '\n')
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '')
    .split('\n')
    .filter((line) => !/^\s*missiond-[\w-]*\s*:/i.test(line))
    .join('\n')
    .trim();

/**
 * The message of a merge: of a single commit its own, of several what they are called.
 * @param messages of the commits, the oldest first
 */
export function mergeMessage(
  branch: string,
  messages: readonly string[],
  trailers: Readonly<Record<string, string>>,
): string {
  const said = messages.map(plain).filter((message) => message !== '');
  const subjects = said.map((message) => message.split('\n', 1)[0] ?? '');
  const [only] = said;
  const body =
    only !== undefined && said.length === 1
      ? only
      : `Merge ${plain(branch)}: ${subjects.at(-1) ?? ''}`.slice(0, MOST_SUBJECT).trim() +
        (subjects.length > 1 ? `\n\n${subjects.map((subject) => `* ${subject}`).join('\n')}` : '');
  const ours = Object.entries(trailers).map(
    ([name, value]) => `${name}: ${plain(value).replace(/\n/g, ' ')}`,
  );
  return `${body.slice(0, MOST_LETTERS).trimEnd()}\n\n${ours.join('\n')}\n`;
}
