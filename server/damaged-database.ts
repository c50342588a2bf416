import { existsSync } from 'node:fs';
import { damageOf } from '../db/damage.ts';
import { MissionError } from '../services/errors/mission-error.ts';

const BEGINS_ANEW =
  'without it a daemon begins with no tasks and no agents, and branches and worktrees stay where they are.';

/** What brings back what can be read; `.recover` would bring more, but many builds of sqlite3 do not have it. */
const saving = (file: string): string =>
  `Save what can be read: sqlite3 '${file}' .dump | sed 's/^ROLLBACK.*/COMMIT;/' | sqlite3 '${file}.saved'\n    Then put that in its place: rm -f '${file}-wal' '${file}-shm' && mv '${file}' '${file}.damaged' && mv '${file}.saved' '${file}'`;

function failure(message: string, remedy: string, cause: unknown): MissionError {
  return new MissionError('database_failed', message, { remedy: `Nothing was changed. ${remedy}`, cause });
}

/**
 * Why a database of which something cannot be read keeps the daemon from starting, and what to do about it. Nothing of
 * it is changed, repaired or begun anew by itself: what is lost then is for a person to say.
 * @returns null when nothing is wrong with what is in the file
 */
export function failureOfDamage(file: string, cause: unknown): MissionError | null {
  const damage = existsSync(file) ? damageOf(file) : null;
  if (damage === null) return null;
  if (damage.type === 'value') {
    const { table, column, rows } = damage;
    return failure(
      `The database ${file} holds what is no JSON: ${column} of ${table}, rowid ${rows.join(', ')}.`,
      `Look at it: sqlite3 '${file}' "select * from ${table} where rowid = ${rows[0]}". Write what belongs there, or delete the row, then start again.`,
      cause,
    );
  }
  if (damage.type === 'pages')
    return failure(`The database ${file} is damaged: ${damage.words}`, saving(file), cause);
  return failure(
    `${file} is no database that can be read: ${damage.words}`,
    `Put a copy of it back, or move it away: ${BEGINS_ANEW}`,
    cause,
  );
}
