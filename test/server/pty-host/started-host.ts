import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { connectPtyHost } from '../../../services/pty/connect-pty-host.ts';
import type { PtyHost } from '../../../services/pty/pty-host.ts';

const main = fileURLToPath(new URL('../../../server/pty-host/main.ts', import.meta.url));

/** Starts the host from source, so that no build is needed. Not by name: the host is started in `/`. */
export const hostCommand: readonly [string, ...string[]] = [
  process.execPath,
  '--import',
  import.meta.resolve('tsx'),
  main,
];

export interface HostHome {
  readonly home: string;
  /** A connection of its own; the first one starts the host. */
  connect(): Promise<PtyHost>;
  /** Ends the host and removes the folder. */
  close(): Promise<void>;
}

export function openHostHome(): HostHome {
  const home = mkdtempSync(path.join(tmpdir(), 'pty-host-'));
  const connections: PtyHost[] = [];
  const connect = async (): Promise<PtyHost> => {
    const host = await connectPtyHost({ home, hostCommand });
    connections.push(host);
    return host;
  };
  return {
    home,
    connect,
    async close() {
      const last = await connectPtyHost({ home }).catch(() => null);
      await last?.shutdown(0);
      for (const host of connections) await host.disconnect();
      rmSync(home, { recursive: true, force: true });
    },
  };
}
