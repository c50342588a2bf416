import { readFileSync, statSync } from 'node:fs';
import { BlockList, isIP, isIPv6 } from 'node:net';
import { createSecureContext } from 'node:tls';
import type { Listen } from '../../services/config/listen.ts';
import { messageOf } from '../../services/errors/message-of.ts';
import { MissionError } from '../../services/errors/mission-error.ts';

/** Bits of a mode that let others in. */
const OTHERS = 0o077;
/** The address on which every daemon listens. */
export const LOOPBACK = '127.0.0.1';
/** All addresses of this machine, loopback among them. */
const WILDCARDS: readonly string[] = ['0.0.0.0', '::'];

export interface Tls {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** A door besides the one on 127.0.0.1. */
export interface OutsideDoor {
  readonly host: string;
  /** Without it only on another address of loopback. */
  readonly tls: Tls | undefined;
}

/** True of an address at which nobody but this machine comes in. A name may be anybody's, but for `localhost`. */
export function isLoopback(host: string): boolean {
  if (isIP(host) === 0) return host.toLowerCase() === 'localhost';
  const loopback = new BlockList();
  loopback.addSubnet('127.0.0.0', 8, 'ipv4');
  loopback.addAddress('::1', 'ipv6');
  return loopback.check(host, isIPv6(host) ? 'ipv6' : 'ipv4');
}

/** True when nothing else can have the same port on 127.0.0.1. */
export const takesLoopback = (host: string): boolean => WILDCARDS.includes(host);

function invalid(message: string, remedy: string, cause?: unknown): MissionError {
  return new MissionError('config_invalid', message, { remedy, cause });
}

function readPem(file: string, what: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw invalid(
      `The ${what} ${file} cannot be read: ${messageOf(cause)}`,
      'Name files that are there under listen.tls in slots.yaml.',
      cause,
    );
  }
}

function readTls({ cert, key }: { readonly cert: string; readonly key: string }): Tls {
  const tls = { cert: readPem(cert, 'certificate'), key: readPem(key, 'key') };
  if ((statSync(key).mode & OTHERS) !== 0)
    throw invalid(`Others may read or write the key ${key}.`, `Run \`chmod 600 ${key}\`.`);
  try {
    createSecureContext(tls);
  } catch (cause) {
    throw invalid(
      `${cert} and ${key} are no certificate and its key: ${messageOf(cause)}`,
      'Both are files in PEM, and belong together.',
      cause,
    );
  }
  return tls;
}

/**
 * The door that is wanted besides the one on 127.0.0.1, if any. Whoever is not on this machine comes in over TLS alone.
 * @param host what MISSION_HOST says, which wins over the file
 * @throws MissionError `config_invalid` for another host without TLS, and for a key that others may read
 */
export function outsideDoorOf(listen: Listen, host = listen.host): OutsideDoor | null {
  if (host === undefined || host === LOOPBACK || host.toLowerCase() === 'localhost') return null;
  if (listen.tls === undefined) {
    if (isLoopback(host)) return { host, tls: undefined };
    throw invalid(
      `On ${host} others than this machine could come in, and without TLS anybody between could read along.`,
      'Name a certificate and its key in slots.yaml (`listen: {tls: {cert: FILE, key: FILE}}`), or leave out listen.host and MISSION_HOST: a tunnel (`ssh -L 9120:127.0.0.1:9120 HOST`) needs neither.',
    );
  }
  return { host, tls: readTls(listen.tls) };
}

/** How people elsewhere address the door. */
export function outsideUrl({ host, tls }: OutsideDoor, port: number, hosts: readonly string[]): string {
  const name = hosts[0] ?? (takesLoopback(host) ? LOOPBACK : host);
  return `${tls === undefined ? 'http' : 'https'}://${isIPv6(name) ? `[${name}]` : name}:${port}`;
}
