import { z } from 'zod';

/** What `POST /api/down` takes. */
export const DownRequest = z.strictObject({
  /** Leave the agents running in the pty host. */
  keepAgents: z.boolean().default(false),
  /** Begin nothing new, and stop when what runs has ended; what is queued waits for the next daemon. */
  finish: z.boolean().default(false),
  /** With `finish`: stop after so many milliseconds all the same. */
  withinMs: z.number().int().positive().optional(),
});
export type DownRequest = z.output<typeof DownRequest>;
