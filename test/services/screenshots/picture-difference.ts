import { createCanvas, loadImage } from '@napi-rs/canvas';

/** A picture as its pixels. */
export async function pixelsOf(png: Uint8Array) {
  const image = await loadImage(Buffer.from(png));
  const context = createCanvas(image.width, image.height).getContext('2d');
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, image.width, image.height);
  return {
    width: image.width,
    height: image.height,
    /** Red, green and blue. */
    at(x: number, y: number): readonly [number, number, number] {
      const start = (y * image.width + x) * 4;
      return [data[start] ?? -1, data[start + 1] ?? -1, data[start + 2] ?? -1];
    },
  };
}

const CELL_WIDTH = 9;
const CELL_HEIGHT = 18;

/**
 * The cell in which two pictures differ most, as the mean difference of a channel of its pixels (0 to 255): edges of
 * letters may be smoothed in another way, but no cell may hold something else.
 */
export async function greatestDifference(one: Uint8Array, other: Uint8Array) {
  const [left, right] = [await pixelsOf(one), await pixelsOf(other)];
  if (left.width !== right.width || left.height !== right.height)
    return { column: -1, row: -1, difference: 255 };
  let greatest = { column: -1, row: -1, difference: 0 };
  for (let row = 0; row < left.height / CELL_HEIGHT; row++)
    for (let column = 0; column < left.width / CELL_WIDTH; column++) {
      let sum = 0;
      for (let y = row * CELL_HEIGHT; y < (row + 1) * CELL_HEIGHT; y++)
        for (let x = column * CELL_WIDTH; x < (column + 1) * CELL_WIDTH; x++) {
          const [mine, theirs] = [left.at(x, y), right.at(x, y)];
          for (const [channel, value] of mine.entries()) sum += Math.abs(value - (theirs[channel] ?? 0));
        }
      const difference = sum / (CELL_WIDTH * CELL_HEIGHT * 3);
      if (difference > greatest.difference) greatest = { column, row, difference };
    }
  return greatest;
}
