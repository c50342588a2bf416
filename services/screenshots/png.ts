import type { SKRSContext2D } from '@napi-rs/canvas';
import { hexOf, type Rgb } from './colours.ts';
import { type Fonts, openFonts } from './fonts.ts';
import type { Fill, Glyph, Picture, Stroke } from './picture.ts';

/** A letter may be drawn so much wider than its room, which rounding takes. */
const WIDER_BY = 1.05;
/** Drawn as it is by the font that was made for it: nothing to measure. */
const IS_PLAIN = /^[!-~]$/;

type Canvas = typeof import('@napi-rs/canvas');

export interface PngPainter {
  paint(picture: Picture): Promise<Buffer>;
}

interface Fitting {
  readonly font: string;
  /** Of fonts that hold all weights in one. */
  readonly variation: string;
  /** From the left of its room. */
  readonly shift: number;
  /** Narrowed to the room that it has. */
  readonly squeeze: number;
}

/** Finds for each character the font and the place in its room, once for each. */
function createFitter(ruler: SKRSContext2D, fonts: Fonts, fontSize: number) {
  const known = new Map<string, Fitting>();
  return ({ text, bold, italic, width }: Glyph): Fitting => {
    const key = `${bold ? 'b' : ''}${italic ? 'i' : ''}${width} ${IS_PLAIN.test(text) ? '' : text}`;
    const fitted = known.get(key);
    if (fitted !== undefined) return fitted;
    const font = `${italic ? 'italic ' : ''}${bold ? 'bold' : 'normal'} ${fontSize}px ${fonts.familiesFor(text)}`;
    // Without it the thinnest is drawn (1.0.11).
    const variation = `'wght' ${bold ? 700 : 400}`;
    let fitting: Fitting = { font, variation, shift: 0, squeeze: 1 };
    if (!IS_PLAIN.test(text)) {
      ruler.font = font;
      ruler.fontVariationSettings = variation;
      const drawn = ruler.measureText(text).width;
      fitting =
        drawn > width * WIDER_BY
          ? { ...fitting, squeeze: width / drawn }
          : { ...fitting, shift: (width - drawn) / 2 };
    }
    known.set(key, fitting);
    return fitting;
  };
}

function paintBoxes(context: SKRSContext2D, boxes: readonly Fill[]): void {
  for (const { x, y, width, height, colour, opacity } of boxes) {
    context.globalAlpha = opacity;
    context.fillStyle = hexOf(colour);
    context.fillRect(x, y, width, height);
  }
  context.globalAlpha = 1;
}

function paintGlyphs(
  context: SKRSContext2D,
  ruler: SKRSContext2D,
  fonts: Fonts,
  { glyphs, fontSize }: Picture,
): void {
  const fittingOf = createFitter(ruler, fonts, fontSize);
  let font = '';
  let colour: Rgb | null = null;
  for (const glyph of glyphs) {
    const { font: wanted, variation, shift, squeeze } = fittingOf(glyph);
    // Setting any of them costs more than drawing a letter.
    if (wanted !== font) {
      context.font = wanted;
      context.fontVariationSettings = variation;
    }
    if (glyph.colour !== colour) context.fillStyle = hexOf(glyph.colour);
    font = wanted;
    colour = glyph.colour;
    if (squeeze === 1) {
      context.fillText(glyph.text, glyph.x + shift, glyph.baseline);
      continue;
    }
    context.save();
    context.translate(glyph.x, glyph.baseline);
    // Smaller, not thinner: a wide sign that is only narrowed cannot be made out.
    context.scale(squeeze, squeeze);
    context.fillText(glyph.text, 0, 0);
    context.restore();
  }
}

function paintStrokes(context: SKRSContext2D, { Path2D }: Canvas, strokes: readonly Stroke[]): void {
  for (const { x, y, path, thickness, colour } of strokes) {
    context.save();
    context.translate(x, y);
    context.strokeStyle = hexOf(colour);
    context.lineWidth = thickness;
    context.stroke(new Path2D(path));
    context.restore();
  }
}

/** Paints pictures with Skia and the fonts of packages. Rejects where no Skia is for this machine. */
export async function createPngPainter(): Promise<PngPainter> {
  const canvas = await import('@napi-rs/canvas');
  const fonts = openFonts((bytes, name) => void canvas.GlobalFonts.register(bytes, name));
  const ruler = canvas.createCanvas(1, 1).getContext('2d');
  return {
    paint(picture) {
      const { width, height, background, fills, shapes, strokes } = picture;
      const paper = canvas.createCanvas(width, height);
      const context = paper.getContext('2d');
      context.fillStyle = hexOf(background);
      context.fillRect(0, 0, width, height);
      paintBoxes(context, fills);
      paintGlyphs(context, ruler, fonts, picture);
      paintBoxes(context, shapes);
      paintStrokes(context, canvas, strokes);
      return paper.encode('png');
    },
  };
}
