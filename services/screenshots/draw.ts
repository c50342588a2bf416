import { blotTokens } from '../../db/redact-tokens.ts';
import { createBlotting } from '../config/redact.ts';
import { blotAcrossRows } from '../config/secrets-across-rows.ts';
import { messageOf } from '../errors/message-of.ts';
import type { CellGrid } from '../terminal/cell-grid.ts';
import { replaySnapshot } from '../terminal/replay-snapshot.ts';
import { toCast } from './cast.ts';
import type { DrawingNews, DrawingOrder } from './drawing-messages.ts';
import { hideSecrets } from './hide-secrets.ts';
import { layOut } from './picture.ts';
import type { PngPainter } from './png.ts';
import { toSvg } from './svg.ts';

/** Of the largest screen of a person there are 40,000; a letter each would make an SVG of 30 MB. */
const MOST_CELLS = 250_000;

/** What may be seen of a screen. */
async function cleanGrid({ secrets, lines, ...snapshot }: DrawingOrder): Promise<CellGrid> {
  const { columns, rows } = snapshot;
  if (columns * (lines ?? rows) > MOST_CELLS)
    throw new Error(`${columns} columns by ${lines ?? rows} lines are more than a picture holds.`);
  const blot = createBlotting(secrets);
  return hideSecrets(await replaySnapshot(snapshot, lines), (text) =>
    blotTokens(blotAcrossRows(blot(text), secrets)),
  );
}

/** Draws screens. What cannot be drawn is told, and thrown nowhere. */
export function createDrawing(openPainter: () => Promise<PngPainter>) {
  /** Opened when the first PNG is wanted: an SVG needs none. */
  let opening: Promise<PngPainter | { readonly problem: string }> | undefined;

  const open = () => openPainter().catch((error: unknown) => ({ problem: messageOf(error) }));

  return async (order: DrawingOrder): Promise<DrawingNews> => {
    const { id, format } = order;
    try {
      const grid = await cleanGrid(order);
      const picture = layOut(grid, order.scale);
      const { width, height } = picture;
      if (format === 'cast')
        return { type: 'drawn', id, bytes: Buffer.from(toCast(grid, order.at)), width, height };
      if (format === 'svg') return { type: 'drawn', id, bytes: Buffer.from(toSvg(picture)), width, height };
      opening ??= open();
      const painter = await opening;
      if ('problem' in painter) return { type: 'failed', id, reason: 'no_painter', message: painter.problem };
      return { type: 'drawn', id, bytes: new Uint8Array(await painter.paint(picture)), width, height };
    } catch (error) {
      return { type: 'failed', id, reason: 'drawing', message: messageOf(error) };
    }
  };
}
