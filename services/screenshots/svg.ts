import { hexOf } from './colours.ts';
import type { Fill, Glyph, Picture } from './picture.ts';

/** Whoever looks at it draws with what they have: the first of these that is there. */
const FAMILIES =
  "'DejaVu Sans Mono',Menlo,Consolas,'Liberation Mono','Noto Sans Mono CJK SC','Noto Color Emoji','Apple Color Emoji','Segoe UI Emoji',monospace";
/** Characters that no font draws wider or narrower than its others: they go into one text together. */
const PLAIN = /^[!-~]$/;
/** What XML cannot hold, and half a character. */
const NOT_XML = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu;

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };
const escaped = (text: string): string =>
  text.replace(NOT_XML, '\ufffd').replace(/[&<>]/g, (letter) => ENTITIES[letter] ?? '');

function rectangle({ x, y, width, height, colour, opacity }: Fill): string {
  const shade = opacity === 1 ? '' : ` fill-opacity="${opacity}"`;
  return `<rect x="${x}" y="${y}" width="${width}" height="${height}" fill="${hexOf(colour)}"${shade}/>`;
}

interface Run extends Glyph {
  readonly length: number;
}

const isSame = (run: Run, glyph: Glyph): boolean =>
  run.baseline === glyph.baseline &&
  run.x + run.width === glyph.x &&
  run.colour === glyph.colour &&
  run.bold === glyph.bold &&
  run.italic === glyph.italic;

/** Neighbours that look alike become one text, which is told how wide it is: the columns stay whatever the font. */
function runsOf(glyphs: readonly Glyph[]): readonly Run[] {
  const runs: Run[] = [];
  for (const glyph of glyphs) {
    const last = runs.at(-1);
    if (
      last !== undefined &&
      PLAIN.test(glyph.text) &&
      PLAIN.test(last.text.slice(-1)) &&
      isSame(last, glyph)
    )
      runs[runs.length - 1] = {
        ...last,
        text: last.text + glyph.text,
        width: last.width + glyph.width,
        length: last.length + 1,
      };
    else runs.push({ ...glyph, length: 1 });
  }
  return runs;
}

function text({ text: words, x, baseline, width, bold, italic, colour, length }: Run): string {
  const weight = bold ? ' font-weight="bold"' : '';
  const slant = italic ? ' font-style="italic"' : '';
  const place =
    length > 1 || PLAIN.test(words)
      ? `x="${x}" textLength="${width}"`
      : `x="${x + width / 2}" text-anchor="middle"`;
  return `<text ${place} y="${baseline}" fill="${hexOf(colour)}"${weight}${slant}>${escaped(words)}</text>`;
}

/** A picture as SVG, which needs no font of ours and can be searched and copied from. */
export function toSvg({
  width,
  height,
  background,
  fontSize,
  fills,
  glyphs,
  shapes,
  strokes,
}: Picture): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    `<rect width="100%" height="100%" fill="${hexOf(background)}"/>`,
    '<g shape-rendering="crispEdges">',
    ...fills.map(rectangle),
    '</g>',
    `<g font-family="${FAMILIES}" font-size="${fontSize}" xml:space="preserve">`,
    ...runsOf(glyphs).map(text),
    '</g>',
    '<g shape-rendering="crispEdges">',
    ...shapes.map(rectangle),
    '</g>',
    ...strokes.map(
      ({ x, y, path, thickness, colour }) =>
        `<path d="${path}" transform="translate(${x} ${y})" fill="none" stroke="${hexOf(colour)}" stroke-width="${thickness}"/>`,
    ),
    '</svg>',
    '',
  ].join('\n');
}
