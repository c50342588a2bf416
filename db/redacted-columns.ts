import { customType } from 'drizzle-orm/sqlite-core';
import { redactTokens } from './redact-tokens.ts';

/**
 * A column of words that somebody has said or a screen has shown: what looks like the secret of a well-known service is
 * taken out by whatever writes it. What has to stay whole, such as a prompt that will be typed, is a column of `text`.
 */
export const redactedText = customType<{ data: string; driverData: string }>({
  dataType: () => 'text',
  toDriver: redactTokens,
});

const cleanJson = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'string' ? redactTokens(inner) : inner));

/** The same of every string within a JSON value, names of fields excepted. */
export function redactedJson<Value>() {
  const column = customType<{ data: Value; driverData: string }>({
    dataType: () => 'text',
    toDriver: cleanJson,
    fromDriver: (stored) => JSON.parse(stored),
  });
  return column();
}

/**
 * The same of a snapshot. One that cannot be read is none: what it belongs to is put together from the other columns,
 * and one damaged value keeps no daemon from starting.
 */
export const redactedSnapshot = customType<{ data: unknown; driverData: string }>({
  dataType: () => 'text',
  toDriver: cleanJson,
  fromDriver(stored) {
    try {
      return JSON.parse(stored);
    } catch {
      return null;
    }
  },
});
