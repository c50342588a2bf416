import { PUT_INSTEAD, redactTokens } from '../../db/redact-tokens.ts';

const NAMED =
  'pass(?:word|wd|phrase|code)?|pwd|pw|pin|secret|token|credentials?|api[ _-]?key|access[ _-]?key|private[ _-]?key|密码|口令|密钥|パスワード|비밀번호';
/** Up to where a value ends; in quotes it may hold spaces. */
const VALUE = String.raw`(?:"[^"\n]*"|'[^'\n]*'|["']?[^\s"'(),;，。；（）]+)`;
/** What was taken out already, before or behind a sign. */
const DONE = String.raw`(?!(?:[:=：]|is|是|为)?\s*["']?\[secret\])`;
/**
 * `password: x`, `pw=x`, `(password x)`, `密码是x`. A word behind the name is taken for the value, though it may be none:
 * what is lost is a word, and the person has the file.
 */
const BEHIND_ITS_NAME = new RegExp(
  String.raw`((?<![\p{L}\p{N}])(?:${NAMED})(?![a-z0-9_])["']?(?:\s*(?:[:=：]|\bis\b|是|为)\s*|\s+))${DONE}${VALUE}`,
  'giu',
);
const OF_SSHPASS = /(\bsshpass\s+-p\s*)(?:"[^"\n]*"|'[^'\n]*'|\S+)/gi;
/** `root:x@10.0.0.5`, without the scheme by which tokens are known. */
const BEFORE_A_HOST = /((?<![\w/:.-])[\w.-]+:)[^\s/:@]+(?=@[\w[])/g;
/** `root@10.0.0.5 (Tr0ub4dor)`: one word of letters and something else, where people write passwords. */
const BEHIND_A_HOST =
  /(@[\w.:[\]-]+\s*[(（])(?=[^\s()（）]*[A-Za-z])(?=[^\s()（）]*[^A-Za-z\s()（）])[^\s()（）]{6,}(?=[)）])/g;
/** `?token=x`, `&key=x`. */
const IN_A_QUERY =
  /([?&](?:[\w.-]*(?:key|token|secret|pass|auth|sig|signature|credential)[\w.-]*)=)[^&\s#]+/gi;

/** Takes out of words of people about machines what is a secret, or looks like one. */
export function withholdSecrets(text: string): string {
  return [IN_A_QUERY, OF_SSHPASS, BEFORE_A_HOST, BEHIND_A_HOST, BEHIND_ITS_NAME].reduce(
    (rest, shape) => rest.replace(shape, `$1${PUT_INSTEAD}`),
    redactTokens(text),
  );
}
