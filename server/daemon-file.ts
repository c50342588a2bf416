import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { readPrivateFile } from '../services/config/private-file.ts';
import { writeWhole } from '../services/config/write-whole.ts';

/** 256 bits: nobody guesses it. */
const TOKEN_BYTES = 32;

/** `daemon.json`: how to reach the daemon of a home. Mode 0600, since it holds the owner's token. */
export const DaemonFile = z.object({
  pid: z.number().int(),
  /** On loopback, without TLS. */
  port: z.number().int(),
  /** Those of earlier daemons whose sessions may still live: their hooks go there. */
  formerPorts: z.array(z.number().int()).default([]),
  /** How it is reached from elsewhere, where it is. */
  outsideUrl: z.string().optional(),
  token: z.string().min(32),
});
export type DaemonFile = z.infer<typeof DaemonFile>;

const fileOf = (home: string): string => path.join(home, 'daemon.json');

/**
 * The last daemon's file, also of one that has gone; null when there is none, or one that no daemon has written.
 * @throws MissionError `config_invalid` when others may read the token in it, or may have written it
 */
export function readDaemonFile(home: string): DaemonFile | null {
  const content = readPrivateFile(fileOf(home));
  if (content === null) return null;
  try {
    return DaemonFile.parse(JSON.parse(content));
  } catch {
    return null;
  }
}

/** Written whole or not at all. */
export function writeDaemonFile(home: string, content: DaemonFile): void {
  writeWhole(fileOf(home), `${JSON.stringify(content, null, 2)}\n`);
}

/** Takes the file away unless another daemon has written it since. */
export function removeDaemonFile(home: string, pid: number): void {
  if (readDaemonFile(home)?.pid === pid) rmSync(fileOf(home), { force: true });
}

export function newToken(): string {
  return randomBytes(TOKEN_BYTES).toString('base64url');
}
