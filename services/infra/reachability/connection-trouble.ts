import { messageOf } from '../../errors/message-of.ts';

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was broken off',
  ENOTFOUND: 'the name is not known',
  EAI_AGAIN: 'the name could not be looked up',
  EHOSTUNREACH: 'no way leads there',
  ENETUNREACH: 'no way leads there',
  ETIMEDOUT: 'no answer in time',
};
const MOST_CHARACTERS = 200;

/** What an error of a connection means, in words. */
export function connectionTrouble(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const known = WORDS[code];
  if (known !== undefined) return known;
  const said = messageOf(error).slice(0, MOST_CHARACTERS);
  return /CERT|TLS|SSL|ALTNAME|SELF_SIGNED|VERIFY/.test(code)
    ? `its certificate is not trusted: ${said}`
    : said || code || 'it failed without a word';
}
