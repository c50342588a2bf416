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

/** The same of every string within a JSON value, names of fields excepted. */
export function redactedJson<Value>() {
  const column = customType<{ data: Value; driverData: string }>({
    dataType: () => 'text',
    toDriver: (value) =>
      JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'string' ? redactTokens(inner) : inner)),
    fromDriver: (stored) => JSON.parse(stored),
  });
  return column();
}
