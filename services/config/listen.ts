import { isIP } from 'node:net';
import { z } from 'zod';
import { expandedPath } from './expanded-path.ts';

const NAME = /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/i;

/** An address of this machine or a name of one, without a port. */
export const HostName = z
  .string()
  .refine(
    (text) => isIP(text) !== 0 || NAME.test(text),
    'not an address or a name of a host (without a port)',
  );

const Origin = z
  .string()
  .refine(
    (text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) && new URL(text).origin === text,
    'not an origin: write it as browsers do, such as https://missiond.example.org',
  );

/** Where the daemon is reached besides on loopback, and by which names. */
export const ListenSchema = z.strictObject({
  host: HostName.optional(),
  /** Files in PEM: the certificate with what leads to its root, and its key. */
  tls: z
    .strictObject({
      cert: z.string().transform(expandedPath),
      key: z.string().transform(expandedPath),
    })
    .optional(),
  /** Names by which callers address the daemon (their `Host`), besides those of loopback and its own addresses. */
  hosts: z.array(HostName).default([]),
  /** Whose pages may use the daemon, besides its own. */
  origins: z.array(Origin).default([]),
});
export type Listen = z.output<typeof ListenSchema>;
