import Database from 'better-sqlite3';

const PASSES_BY = /^SQLITE_(?:FULL|BUSY|LOCKED|IOERR|CANTOPEN|READONLY|NOMEM)/;

/** True of an error that is the fault of the disk or of another writer: the same transaction may succeed later. */
export const passesBy = (error: unknown): boolean =>
  error instanceof Database.SqliteError && PASSES_BY.test(error.code);
