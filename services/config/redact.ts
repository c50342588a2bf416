import { PUT_INSTEAD } from '../../db/redact-tokens.ts';

/** Shorter values would take ordinary words out of what is shown. */
const LEAST_SECRET = 6;
/** A line of a key is long; a line such as `}` of a JSON secret is no secret. */
const LEAST_LINE = 12;

/** How a secret may look in a text: as it is, as JSON spells it, or line by line on a screen. */
function shapesOf(secret: string): readonly string[] {
  const lines = secret.split(/\r?\n/);
  return [
    secret,
    JSON.stringify(secret).slice(1, -1),
    ...(lines.length > 1 ? lines.filter((line) => line.trim().length >= LEAST_LINE) : []),
  ];
}

/** How to take known secrets out of a text, the longest first, so that one inside another leaves nothing behind. */
export function createRedaction(secrets: Iterable<string>): (text: string) => string {
  const shapes = new Set(
    [...secrets]
      .filter((secret) => secret.length >= LEAST_SECRET)
      .flatMap(shapesOf)
      // Or what is put in its place would be replaced again each time.
      .filter((shape) => !PUT_INSTEAD.includes(shape)),
  );
  const sorted = [...shapes].sort((a, b) => b.length - a.length);
  return (text) => sorted.reduce((cleaned, shape) => cleaned.replaceAll(shape, PUT_INSTEAD), text);
}

/** Takes known secrets out of a text. */
export const redact = (text: string, secrets: ReadonlySet<string>): string => createRedaction(secrets)(text);
