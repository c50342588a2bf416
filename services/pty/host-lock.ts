import path from 'node:path';
import Database from 'better-sqlite3';

/** A host that is just ending still has the lock for a moment; one that works has it for weeks. */
const WAIT_MS = 500;

/**
 * One host a home. Two daemons that start together start two hosts, and a socket file left by a killed host says
 * nothing: only a lock that the kernel gives back when its holder ends can decide. Node has none (no flock), SQLite has:
 * an exclusive transaction on a file that holds nothing.
 * @returns the way to give it back, or null when another host has it
 * @throws SqliteError when the file cannot be opened
 */
export function takeHostLock(home: string): (() => void) | null {
  const database = new Database(path.join(home, 'pty-host.lock'), { timeout: WAIT_MS });
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if (error instanceof Database.SqliteError && error.code === 'SQLITE_BUSY') return null;
    throw error;
  }
  return () => database.close();
}
