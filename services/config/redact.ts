import { blotOf, PUT_INSTEAD } from '../../db/redact-tokens.ts';
import { type ReplacedPieces, replaceInPieces } from '../text/replace-in-pieces.ts';

/** Shorter values would take ordinary words out of what is shown. */
const LEAST_SECRET = 6;
/** A line of a key is long; a line such as `}` of a JSON secret is no secret. */
const LEAST_LINE = 12;

/** Signs that a regular expression does not take as they are. */
const MEANS_MORE = /[\\^$.*+?()[\]{}|]/g;

/** How a secret may look in a text: as it is, as JSON spells it, or line by line on a screen. */
function shapesOf(secret: string): readonly string[] {
  const lines = secret.split(/\r?\n/);
  return [
    secret,
    JSON.stringify(secret).slice(1, -1),
    ...(lines.length > 1 ? lines.filter((line) => line.trim().length >= LEAST_LINE) : []),
  ];
}

/** Every shape of known secrets, the longest first, so that one inside another leaves nothing behind. */
function shapesOfAll(secrets: Iterable<string>): readonly string[] {
  const shapes = new Set(
    [...secrets]
      .filter((secret) => secret.length >= LEAST_SECRET)
      .flatMap(shapesOf)
      // Or what is put in its place would be replaced again each time.
      .filter((shape) => !PUT_INSTEAD.includes(shape)),
  );
  return [...shapes].sort((a, b) => b.length - a.length);
}

/** How to take known secrets out of a text. */
export function createRedaction(secrets: Iterable<string>): (text: string) => string {
  const shapes = shapesOfAll(secrets);
  return (text) => shapes.reduce((cleaned, shape) => cleaned.replaceAll(shape, PUT_INSTEAD), text);
}

/** Takes known secrets out of a text that comes in pieces, also where one was cut in two. */
export function redactInPieces(secrets: Iterable<string>): ReplacedPieces {
  const shapes = shapesOfAll(secrets);
  const beginnings = new Set(
    shapes.flatMap((shape) => Array.from({ length: shape.length }, (_, length) => shape.slice(0, length))),
  );
  const any = new RegExp(shapes.map((shape) => shape.replace(MEANS_MORE, '\\$&')).join('|'), 'g');
  return replaceInPieces({
    find(text, from) {
      if (shapes.length === 0) return null;
      any.lastIndex = from;
      const found = any.exec(text);
      return found === null
        ? null
        : { start: found.index, end: found.index + found[0].length, put: PUT_INSTEAD };
    },
    mayGoOn: (ending) => beginnings.has(ending),
    longest: shapes[0]?.length ?? 0,
  });
}

/** Takes known secrets out of a text. */
export const redact = (text: string, secrets: ReadonlySet<string>): string => createRedaction(secrets)(text);

/** How to paint over known secrets in a text, letter for letter. */
export function createBlotting(secrets: Iterable<string>): (text: string) => string {
  const sorted = shapesOfAll(secrets);
  return (text) => sorted.reduce((cleaned, shape) => cleaned.replaceAll(shape, blotOf), text);
}
