import { z } from 'zod';

export const PictureFormat = z.enum(['png', 'svg', 'cast']);
export type PictureFormat = z.infer<typeof PictureFormat>;

/** A screen to draw, as it is sent to the process that draws. */
export const DrawingOrder = z.object({
  id: z.number().int(),
  columns: z.number().int().positive(),
  rows: z.number().int().positive(),
  /** What draws the screen in a terminal. */
  data: z.string(),
  /** With what has scrolled away; the visible screen without it. */
  lines: z.number().int().positive().optional(),
  /** Known secrets, which are painted over. */
  secrets: z.array(z.string()),
  format: PictureFormat,
  scale: z.number().positive(),
  /** Epoch milliseconds: when the screen looked so. */
  at: z.number(),
});
export type DrawingOrder = z.infer<typeof DrawingOrder>;
export type Drawing = Omit<DrawingOrder, 'id'>;

export const DrawingNews = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('drawn'),
    id: z.number().int(),
    bytes: z.instanceof(Uint8Array),
    width: z.number(),
    height: z.number(),
  }),
  z.object({
    type: z.literal('failed'),
    id: z.number().int(),
    /** `no_painter`: nothing on this machine makes a PNG. */
    reason: z.enum(['no_painter', 'drawing']),
    message: z.string(),
  }),
]);
export type DrawingNews = z.infer<typeof DrawingNews>;
