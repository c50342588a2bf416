import Database from 'better-sqlite3';

/** The daemon's own writes never wait for a reader; this is for a moment of recovery. */
const BUSY_TIMEOUT_MS = 2_000;

/** As the package `sqlite-vec` is: it is optional, and its binaries exist for some platforms only. */
type Extension = { readonly getLoadablePath: () => string };

/** A database in which vectors can be compared, and nothing can be written. */
export type VectorDatabase = Database.Database;

/**
 * Opens the database to compare vectors in it, and for nothing else: it cannot write.
 *
 * @param file a database that `openDatabase` has migrated
 * @throws Error when the extension is not installed or does not load here
 */
export async function openVectors(
  file: string,
  load: () => Promise<Extension> = () => import('sqlite-vec'),
): Promise<VectorDatabase> {
  const { getLoadablePath } = await load();
  const raw = new Database(file, { readonly: true, timeout: BUSY_TIMEOUT_MS });
  try {
    raw.loadExtension(getLoadablePath());
    return raw;
  } catch (error) {
    raw.close();
    throw error;
  }
}
