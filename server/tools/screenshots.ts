import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { SlotId } from '../../db/ids.ts';
import { PictureFormat } from '../../services/screenshots/drawing-messages.ts';
import { operation } from './operation.ts';

/** The API of Claude takes a picture of 5 MB, counted in base64. */
const MOST_SHOWN_BYTES = 3_700_000;
/** As many lines as a terminal keeps. */
const MOST_LINES = 1_000;

export const ptyScreenshot = operation({
  name: 'mission_pty_screenshot',
  title: 'Take a picture of a terminal',
  description:
    'Draws the screen of a slot, with its colours, and answers with the picture (PNG) and the file that holds it. For its text alone, mission_pty_screen is cheaper.',
  input: z.object({
    slotId: SlotId,
    format: PictureFormat.default('png').describe(
      'An SVG, or an asciicast of that moment, is only kept as a file.',
    ),
    scale: z.number().int().min(1).max(4).default(1).describe('How many times as large.'),
    lines: z
      .number()
      .int()
      .positive()
      .max(MOST_LINES)
      .optional()
      .describe('The last lines with scrollback, instead of the screen.'),
  }),
  output: z.object({
    slotId: SlotId,
    path: z.string(),
    format: PictureFormat,
    width: z.number(),
    height: z.number(),
  }),
  readOnly: true,
  shows: ({ slotId }) => slotId,
  async run({ slotId, format, scale, lines }, { mission }) {
    const kept = await mission.screenshot(slotId, {
      format,
      scale,
      ...(lines === undefined ? {} : { lines }),
    });
    return { slotId, format, ...kept };
  },
  async picture({ path, format }) {
    if (format !== 'png') return null;
    // Twenty newer ones may have taken its place meanwhile.
    const bytes = await readFile(path).catch(() => null);
    if (bytes === null || bytes.length > MOST_SHOWN_BYTES) return null;
    return { bytes, mimeType: 'image/png' };
  },
});

export const screenshotOperations = [ptyScreenshot];
