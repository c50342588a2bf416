import { MissionError } from '../../services/errors/mission-error.ts';
import type { ParsedCommand } from './command.ts';

/**
 * The number that an option was given; undefined when it was not.
 * @throws MissionError `input_invalid` unless it is a number above zero, and a whole one where parts make no sense
 */
export function numberOf(
  { values }: ParsedCommand,
  option: string,
  { whole }: { readonly whole: boolean },
): number | undefined {
  const text = values[option];
  if (text === undefined) return undefined;
  const number = typeof text === 'string' && text.trim() !== '' ? Number(text) : Number.NaN;
  if (Number.isFinite(number) && number > 0 && (!whole || Number.isInteger(number))) return number;
  throw new MissionError('input_invalid', `--${option} is ${JSON.stringify(text)}.`, {
    remedy: `Give a ${whole ? 'whole ' : ''}number above zero.`,
  });
}

const UNIT_MS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** How long `30d`, `12h` or `90m` is, in milliseconds; null for other words. */
export function durationOf(text: string): number | null {
  const { count, unit } = /^(?<count>\d+)(?<unit>[mhd])$/.exec(text)?.groups ?? {};
  return count === undefined || (unit !== 'm' && unit !== 'h' && unit !== 'd')
    ? null
    : Number(count) * UNIT_MS[unit];
}

/**
 * The whole number that an option was given, which may be zero or less; undefined when it was not.
 * @throws MissionError `input_invalid`
 */
export function wholeNumberOf({ values }: ParsedCommand, option: string): number | undefined {
  const text = values[option];
  if (text === undefined) return undefined;
  const number = typeof text === 'string' && text.trim() !== '' ? Number(text) : Number.NaN;
  if (Number.isInteger(number)) return number;
  throw new MissionError('input_invalid', `--${option} is ${JSON.stringify(text)}.`, {
    remedy: 'Give a whole number.',
  });
}
