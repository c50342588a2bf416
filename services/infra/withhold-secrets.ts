import { PUT_INSTEAD, redactTokens } from '../../db/redact-tokens.ts';

/** Words that stand for a secret also within a longer one: `rootPassword`, `accessKeySecret`, `登录密码`. */
const ANYWHERE =
  'password|passwd|passphrase|passcode|passwort|kennwort|contraseña|mot de passe|пароль|secret|token|credential|api[ _-]?key|access[ _-]?key|private[ _-]?key|密码|密碼|口令|密钥|密鑰|パスワード|비밀번호';
const ALONE = `${ANYWHERE}|pass|pwd|pw|pin`;
/** Those that no space parts from what stands before and behind them. */
const UNPARTED = '密码|密碼|口令|パスワード|비밀번호';
/** Between a name and its value. Nobody writes more spaces, and each way to part them would be tried. */
const SIGN = String.raw`\s{0,200}(?:[:=：]|\bis\b|是|为|為|は)\s{0,200}`;
/** `password (root): x`, `password for root: x`: whose it is. */
const WHOSE = String.raw`(?:\s{0,5}[(（][^()（）\n]{1,60}[)）]|\s{1,5}(?:for|of)\s[^\s:=：]{1,60})?`;
/** Up to where a value ends; in quotes it may hold spaces. */
const VALUE = String.raw`(?:"[^"\n]*"|'[^'\n]*'|["']?[^\s"'(),;，。；（）]+)`;
/** What was taken out already, before or behind a sign. */
const DONE = String.raw`(?!(?:[:=：]|is|是|为|為|は)?\s{0,200}["']?\[secret\])`;
/** Letters and something else, where people write passwords. */
const NO_USUAL_WORD = String.raw`(?=[^\s()（）,;]*[A-Za-z])(?=[^\s()（）,;]*[^A-Za-z\s()（）,;])[^\s()（）,;]{6,}`;

/** `rootPassword: x`, `DB_PASSWORD=x`, `登录密码：x`: a name that is said to be something. */
const SAID_TO_BE = new RegExp(
  String.raw`((?:${ANYWHERE}|[a-z0-9]_(?:auth|pass|pwd|pw|pin))\w{0,40}["']?${WHOSE}${SIGN})${DONE}${VALUE}`,
  'giu',
);
/**
 * `pw=x`, `(password x)`. A word behind the name is taken for the value, though it may be none: what is lost is a word, and
 * the person has the file.
 */
const BEHIND_ITS_NAME = new RegExp(
  String.raw`((?<![\p{L}\p{N}])(?:${ALONE})s?(?![a-z0-9_])["']?(?:${WHOSE}${SIGN}|\s{1,200}))${DONE}${VALUE}`,
  'giu',
);
/** `password (x)`. */
const IN_BRACKETS = new RegExp(
  String.raw`((?:${ANYWHERE})s?\s{0,5}[(（])(?!\[secret\])[^\s()（）]+(?=[)）])`,
  'giu',
);
/** `密码x`, `登录密码 x`. */
const UNPARTED_FROM_IT = new RegExp(
  String.raw`((?:${UNPARTED})\s{0,200})(?!\[secret\])[!-'*+\--~]{4,}`,
  'gu',
);
const OF_SSHPASS = /(\bsshpass\s+-p\s*)(?:"[^"\n]*"|'[^'\n]*'|\S+)/gi;
/** As options of programs: `curl -u admin:x`, `mysql -px`, `redis-cli -a x`. */
const OF_A_USER = /(\s(?:-u|--user)[ =]?["']?[\w.@-]{1,64}:)[^\s"']+/g;
const OF_A_CLIENT =
  /(\b(?:(?:mysql|mysqldump|mysqladmin|mariadb)\b[^\n]{0,200}?\s-p|redis-cli\b[^\n]{0,200}?\s-a\s{1,5}))(?!\[secret\])\S+/g;
/** `root:x@10.0.0.5`, without the scheme by which tokens are known. */
const BEFORE_A_HOST = /((?<![\w/:.-])[\w.-]+:)[^\s/:@]+(?=@[\w[])/g;
/** `https://x@host`: no name of a person has so many letters and digits. */
const IN_PLACE_OF_A_USER = /(\bhttps?:\/\/)(?=[^\s/:@]*\d)[^\s/:@]{12,}(?=@)/gi;
/** `root@10.0.0.5 (Tr0ub4dor)`: one word of letters and something else. */
const BEHIND_A_HOST = new RegExp(String.raw`(@[\w.:[\]-]+\s{0,200}[(（])${NO_USUAL_WORD}(?=[)）])`, 'g');
/** `root / Tr0ub4dor`, `admin:Tr0ub4dor`. */
const BEHIND_A_USER = new RegExp(
  String.raw`((?<![\w./@-])(?:root|admin|administrator|ubuntu|debian|postgres|oracle)\s?[:/]\s?)(?!\[secret\])${NO_USUAL_WORD}`,
  'gi',
);
/** `?token=x`, `&key=x`. */
const IN_A_QUERY =
  /([?&](?:[\w.-]{0,60}(?:key|token|secret|pass|auth|sig|signature|credential)[\w.-]{0,60})=)[^&\s#]+/gi;

const SHAPES: readonly RegExp[] = [
  IN_A_QUERY,
  OF_SSHPASS,
  OF_A_USER,
  OF_A_CLIENT,
  BEFORE_A_HOST,
  IN_PLACE_OF_A_USER,
  BEHIND_A_HOST,
  SAID_TO_BE,
  BEHIND_ITS_NAME,
  IN_BRACKETS,
  UNPARTED_FROM_IT,
  BEHIND_A_USER,
];

/** Takes out of words of people about machines what is a secret, or looks like one. */
export function withholdSecrets(text: string): string {
  return SHAPES.reduce((rest, shape) => rest.replace(shape, `$1${PUT_INSTEAD}`), redactTokens(text));
}
