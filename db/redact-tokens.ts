/** What stands where a secret was taken out. */
export const PUT_INSTEAD = '[secret]';
/** What stands for each letter of one where nothing may move. */
const BLOT = '•';

/**
 * How the secrets of well-known services look, wherever they stand. None holds two repetitions of the same letters side by
 * side, and none fails behind a long one that could begin anew within it: a text is read once, whatever it is. Each takes
 * all the letters that could belong to it, so that nothing which looks like another is left behind it. One may begin
 * behind the end of a line as JSON spells it.
 */
const SHAPES: readonly RegExp[] = [
  // A private key, also with its line ends as JSON spells them, and one that was cut off.
  /-----BEGIN [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?:[A-Za-z0-9+/=\s:,.()]|\\+[nr]|-(?!-))*(?:-----END [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----)?/g,
  // Anthropic, OpenAI, Stripe and those that took after them.
  /(?:(?<![A-Za-z0-9])|(?<=\\[nrt]))(?:sk|rk|pk)[-_](?:ant|proj|svcacct|live|test|or)[-_][\w-]{12,}/g,
  /(?:(?<![A-Za-z0-9])|(?<=\\[nrt]))sk-[A-Za-z0-9_-]{20,}/g,
  /whsec_[A-Za-z0-9+/=]{20,}/g,
  // GitHub, GitLab, npm, PyPI, Hugging Face.
  /(?:gh[pousr]_|github_pat_)[A-Za-z0-9_]{16,}/g,
  /gl(?:pat|ptt|dt|rt|soat|agent|cbt|imt|oas|ft)-[\w-]{16,}/g,
  /npm_[A-Za-z0-9]{30,}/g,
  /pypi-[\w-]{40,}/g,
  /(?:(?<![A-Za-z0-9])|(?<=\\[nrt]))hf_[A-Za-z0-9]{30,}/g,
  // Slack, Discord, Telegram.
  /xox[a-z]-[A-Za-z0-9-]{10,}/g,
  /xapp-\d-[A-Za-z0-9-]{20,}/g,
  /(?<=hooks\.slack\.com\/(?:services|workflows)\/)[A-Za-z0-9/_-]{20,}/g,
  /(?<!\d)\d{8,10}:AA[\w-]{32,}/g,
  // AWS, Google, Azure, DigitalOcean, Vault.
  /(?:(?<![A-Za-z0-9])|(?<=\\[nrt]))(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16,}/g,
  /(?<=aws_?(?:secret_?access_?key|session_?token)["']?\s?[:=]\s?["']?)[A-Za-z0-9/+=]{40,}/gi,
  /AIza[\w-]{35,}/g,
  /ya29\.[\w-]{20,}/g,
  /(?<=AccountKey=)[A-Za-z0-9+/=]{40,}/g,
  /do[opr]_v1_[a-f0-9]{64}\w*/g,
  /(?:(?<![\w.-])|(?<=\\[nrt]))hv[sbr]\.[\w-]{24,}/g,
  // SendGrid, Twilio.
  /(?:(?<![\w.-])|(?<=\\[nrt]))SG\.[\w-]{16,}\.[\w-]{16,}/g,
  /(?:(?<![A-Za-z0-9])|(?<=\\[nrt]))SK[0-9a-f]{32,}/g,
  // A JSON Web Token.
  /(?:(?<![\w-])|(?<=\\[nrt]))eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]*/g,
  // The password of an address.
  /(?<=[a-z]:\/\/[^\s/:@"']{0,100}:)[^\s/:@"'\\]{1,200}(?=@)/gi,
  // The credentials of a header.
  /(?<=authorization\\{0,3}["']?\s?[:=]\s?\\{0,3}["']?(?:bearer|basic|token|bot)\s{1,4})[^\s"',\\]{6,}/gi,
  /(?<=(?:x-api-key|x-auth-token|private-token|x-goog-api-key)\\{0,3}["']?\s?[:=]\s?\\{0,3}["']?)[^\s"',\\]{6,}/gi,
];

/** Something of every shape, found in one reading: most texts have none of it, and are done with. */
const HINT =
  /-----BEGIN |[srp]k[-_][\w-]{12}|whsec_|gh[pousr]_|github_pat_|gl(?:pat|ptt|dt|rt|soat|agent|cbt|imt|oas|ft)-|npm_|pypi-|hf_|xox[a-z]-|xapp-|hooks\.slack\.com|\d:AA|A(?:KIA|SIA|BIA|CCA)|aws_?se|AIza|ya29\.|AccountKey=|do[opr]_v1_|hv[sbr]\.|SG\.|SK[0-9a-f]{32}|eyJ|:\/\/|authorization|x-api-key|x-auth-token|private-token|x-goog-api-key/i;

/** Takes out of a text what looks like the secret of a well-known service. Doing it twice changes nothing more. */
export function redactTokens(text: string): string {
  if (!HINT.test(text)) return text;
  return SHAPES.reduce((rest, shape) => rest.replace(shape, PUT_INSTEAD), text);
}

/** The same number of letters, with the ends of lines where they were. */
export const blotOf = (secret: string): string => secret.replace(/[^\r\n]/g, BLOT);

/** As `redactTokens`, letter for letter. */
export function blotTokens(text: string): string {
  if (!HINT.test(text)) return text;
  return SHAPES.reduce((rest, shape) => rest.replace(shape, blotOf), text);
}
