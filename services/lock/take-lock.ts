import Database from 'better-sqlite3';
import { writeNew } from '../config/write-new.ts';

/** A holder that is just ending still has the lock for a moment; one that works has it for weeks. */
const WAIT_MS = 500;

/**
 * Takes a lock that one process can hold. A file left by a killed process says nothing: only a lock that the kernel
 * gives back when its holder ends can decide. Node has none (no flock), SQLite has: an exclusive transaction on a
 * file that holds nothing.
 * @returns the way to give it back (keep it: a lock that nothing refers to is collected, and free), or null when another
 *   process has it
 * @throws SqliteError when the file cannot be opened, MissionError `config_invalid` when it cannot be made
 */
export function takeLock(file: string): (() => void) | null {
  // For its owner alone, and its journal with it: whoever may read it may hold the lock.
  writeNew(file, '');
  const database = new Database(file, { timeout: WAIT_MS });
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if (error instanceof Database.SqliteError && error.code === 'SQLITE_BUSY') return null;
    throw error;
  }
  return () => database.close();
}
