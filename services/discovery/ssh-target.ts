import { isIP } from 'node:net';
import { z } from 'zod';

/** Begins with no `-`, so that it is never an option. */
const USER = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/;
const LABEL = '[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?';
const NAME = new RegExp(`^(?=.{1,253}$)${LABEL}(?:\\.${LABEL})*\\.?$`);

/** An address or a name; nothing that a program could take for an option or for more than one word. */
export const isHost = (text: string): boolean => (isIP(text) !== 0 ? !text.includes('%') : NAME.test(text));

/** A machine as ssh is to be told of it. */
export interface SshTarget {
  /** Absent: whom ssh's own configuration names, else who runs the daemon. */
  readonly user?: string;
  /** An address, a name, or a `Host` of ~/.ssh/config. */
  readonly host: string;
  readonly port?: number;
}

/** `user@host`, an address (of version 6 also in brackets) or a name; nothing that ssh or a shell could take for more. */
export const SshHost = z
  .string()
  .trim()
  .max(320)
  .transform((text, context): Omit<SshTarget, 'port'> => {
    const at = text.lastIndexOf('@');
    const user = at === -1 ? undefined : text.slice(0, at);
    const place = text.slice(at + 1);
    const host = /^\[.*\]$/.test(place) ? place.slice(1, -1) : place;
    const isBare = host === place || isIP(host) !== 0;
    if (!isBare || !isHost(host) || (user !== undefined && !USER.test(user))) {
      context.addIssue('give user@address, an address or a name');
      return z.NEVER;
    }
    return user === undefined ? { host } : { user, host };
  });

/** How a person would write it. */
export function targetWords({ user, host, port }: SshTarget): string {
  const place = isIP(host) === 6 && port !== undefined ? `[${host}]` : host;
  return `${user === undefined ? '' : `${user}@`}${place}${port === undefined ? '' : `:${port}`}`;
}

/** The command with which a person connects by hand. */
export function connectCommand({ user, host, port }: SshTarget): string {
  return [
    'ssh',
    ...(port === undefined ? [] : ['-p', port]),
    user === undefined ? host : `${user}@${host}`,
  ].join(' ');
}
