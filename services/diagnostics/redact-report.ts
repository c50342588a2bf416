import os from 'node:os';
import { PUT_INSTEAD, redactTokens } from '../../db/redact-tokens.ts';
import { redact } from '../config/redact.ts';

/** What only begins like a token of a common service: who reads a report misses nothing, and it goes to strangers. */
const TOKENS: readonly RegExp[] = [
  /\bsk-[A-Za-z0-9_-]{12,}/g,
  /\b(?:gh[pousr]_|github_pat_|glpat-|npm_)[A-Za-z0-9_]{12,}/g,
  /\bxox[a-z]-[A-Za-z0-9-]{10,}/g,
  /\bAKIA[0-9A-Z]{16}\b/g,
  /\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*/g,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
];
/** `Authorization: Bearer …`, and a password within an address. */
const BEHIND_A_WORD: readonly RegExp[] = [
  /(\b(?:Bearer|Basic) +)[^\s"',]+/gi,
  /(:\/\/[^\s/:@]+:)[^\s/@]+(?=@)/g,
];
const SECRET_NAME = String.raw`[\w.-]*(?:(?:api|access|private|signing|encryption)[_-]?key|token|secret|passw(?:or)?d|passphrase|credential|cookie)[\w.-]*`;
/** A value in quotes, which may be escaped as they are in JSON within JSON, or up to where a value ends. */
const VALUE = String.raw`(?:(\\*["']).*?\2|[^\s"',;}\\]+)`;
/** `API_KEY=…`, `"token": "…"`, `password: …`: the name tells that its value is nobody's business. */
const NAMED = new RegExp(String.raw`(${SECRET_NAME}(?:\\*["'])?\s*[:=]\s*)${VALUE}`, 'gi');
/** `--token …`, `"--token","…"`: arguments of a command, as they are typed or as a list. */
const ARGUMENT = new RegExp(String.raw`(--?${SECRET_NAME}(?:\\*["'])?[\s,]+)${VALUE}`, 'gi');
/** All of a header: `Cookie: a=1; b=2`. */
const COOKIE = /((?:set-)?cookie["']?\s*:\s*)[^\r\n"']+/gi;
/** Whose computer it is; what lies below stays. */
const HOME_OF_SOMEBODY = /\/(?:home|Users)\/[^/\s"':]+/g;

/**
 * Takes out of a text what must not stand in a bug report: known secrets, what looks like a token, values whose names
 * say that they are secret, and the names of home directories.
 */
export function redactForReport(text: string, secrets: ReadonlySet<string> = new Set()): string {
  const cleaned = redactTokens(redact(text, secrets));
  const withoutTokens = TOKENS.reduce((rest, token) => rest.replace(token, PUT_INSTEAD), cleaned);
  const withoutNamed = BEHIND_A_WORD.reduce(
    (rest, pattern) => rest.replace(pattern, `$1${PUT_INSTEAD}`),
    withoutTokens,
  )
    .replace(COOKIE, `$1${PUT_INSTEAD}`)
    .replace(ARGUMENT, `$1${PUT_INSTEAD}`)
    .replace(NAMED, `$1${PUT_INSTEAD}`);
  const home = os.homedir();
  const shortened = home.length > 1 ? withoutNamed.replaceAll(home, '~') : withoutNamed;
  return shortened.replace(HOME_OF_SOMEBODY, '~');
}

/** The same of every string within a JSON value, names of fields excepted. */
export function redactValue(value: unknown, clean: (text: string) => string): unknown {
  return JSON.parse(
    JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'string' ? clean(inner) : inner)),
  );
}
