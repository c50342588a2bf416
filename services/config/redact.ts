/** Shorter values would take ordinary words out of what is shown. */
const LEAST_SECRET = 6;
const PUT_INSTEAD = '[secret]';

/** Takes known secrets out of a text, the longest first, so that one inside another leaves nothing behind. */
export function redact(text: string, secrets: ReadonlySet<string>): string {
  return [...secrets]
    .filter((secret) => secret.length >= LEAST_SECRET)
    .sort((a, b) => b.length - a.length)
    .reduce((cleaned, secret) => cleaned.replaceAll(secret, PUT_INSTEAD), text);
}
