import type { Screenshots } from '../actors/mission/screenshots.ts';
import { keepScreenshot } from '../services/screenshots/screenshot-files.ts';
import type { DrawingProcess } from '../services/screenshots/start-drawing.ts';
import { type SlotSecrets, WITHHELD } from './slot-secrets.ts';

/** Clears the screen, and the lines above it, for words that stand in their place. */
const ANEW = '\x1bc';

/** Draws the screens of slots without their secrets, and keeps them in a folder. */
export function createScreenshots({
  folder,
  drawing,
  secrets,
  now,
}: {
  readonly folder: string;
  readonly drawing: DrawingProcess;
  readonly secrets: Pick<SlotSecrets, 'secretsOf'>;
  readonly now: () => number;
}): Screenshots {
  return {
    async keep(slotId, { columns, rows, data }, { format, scale, lines }) {
      const at = now();
      const known = secrets.secretsOf(slotId);
      const { bytes, width, height } = await drawing.draw({
        columns,
        rows,
        data: known === null ? `${ANEW}${WITHHELD}` : data,
        ...(lines === undefined ? {} : { lines }),
        secrets: [...(known ?? [])],
        format,
        scale,
        at,
      });
      return { path: keepScreenshot(folder, { slotId, format, bytes, now: at }), width, height };
    },
    close: () => drawing.close(),
  };
}
