import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const fixture = (name: string): string => fileURLToPath(new URL(`../fixtures/tls/${name}`, import.meta.url));

export interface SelfSigned {
  /** Files, as `listen.tls` of slots.yaml names them. */
  readonly tls: { readonly cert: string; readonly key: string };
  /** What a client trusts. */
  readonly ca: Buffer;
  remove(): void;
}

/** A certificate for build.example.com, localhost, 127.0.0.1 and 127.0.0.2 that nobody trusts unless told, with its key. */
export function selfSigned(): SelfSigned {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'missiond-tls-'));
  const tls = { cert: path.join(directory, 'cert.pem'), key: path.join(directory, 'key.pem') };
  copyFileSync(fixture('cert.pem'), tls.cert);
  copyFileSync(fixture('key.pem'), tls.key);
  chmodSync(tls.key, 0o600);
  return { tls, ca: readFileSync(tls.cert), remove: () => rmSync(directory, { recursive: true }) };
}
