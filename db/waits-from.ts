import { sql } from 'drizzle-orm';

/** So much waiting is worth one level of priority: nothing waits for ever behind what is more urgent. */
export const PRIORITY_LEVEL_MS = 60 * 60_000;

/**
 * Since when a task would have to wait, had it no priority, to be served when it is: epoch milliseconds, lower is served
 * first. What may not begin yet does not wait. Without a parameter or a comma: SQLite finds an index by its words, and
 * drizzle-kit takes what follows a comma for the next column.
 */
export const waitsFrom = sql<number>`(case when not_before > created_at then not_before else created_at end) - priority * 3600000`;
