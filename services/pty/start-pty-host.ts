import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import path from 'node:path';
import { logsFolder } from '../config/home.ts';

/** Where a host of this home listens. */
export function ptyHostSocket(home: string): string {
  return path.join(home, 'pty-host.sock');
}

export function ptyHostLog(home: string): string {
  return path.join(logsFolder(home), 'pty-host.log');
}

/** Makes the folders that a host needs; only the person may look into them. A home that exists keeps its mode. */
export function prepareHostHome(home: string): void {
  mkdirSync(logsFolder(home), { recursive: true, mode: 0o700 });
}

/**
 * Starts a host that outlives this process and everything about it: its terminal, its session, its environment.
 * What it says before its own log is open goes to the same file.
 */
export function startPtyHost([program, ...args]: readonly [string, ...string[]], home: string): ChildProcess {
  prepareHostHome(home);
  const log = openSync(ptyHostLog(home), 'a', 0o600);
  try {
    const child = spawn(program, [...args, '--home', home], {
      detached: true,
      stdio: ['ignore', log, log],
      // The folder that the daemon was started in may be deleted, or on a disk that is to be unmounted.
      cwd: '/',
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: process.env['HOME'] ?? '',
        LANG: process.env['LANG'] ?? 'C.UTF-8',
        TMPDIR: process.env['TMPDIR'] ?? '/tmp',
      },
    });
    // It is waited for by its socket; a program that cannot be started shows there too.
    child.once('error', () => {});
    child.unref();
    return child;
  } finally {
    closeSync(log);
  }
}
