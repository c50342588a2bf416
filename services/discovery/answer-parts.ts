import { redactTokens } from '../../db/redact-tokens.ts';
import { PART } from './probe-script.ts';

const MOST_CHARACTERS = 200;

/** It will be shown, and given to models: one line, without what a terminal or a text could obey. */
export const clean = (text: string): string =>
  redactTokens(text)
    .replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cn}\s]+/gu, ' ')
    .trim()
    .slice(0, MOST_CHARACTERS);

/**
 * A name as machines have them. It will stand in what agents are told: a machine that has fallen to somebody must not get
 * sentences in there.
 */
export const named = (text: string): string => /^[\p{L}\p{N}_.+~:/@#-]*/u.exec(clean(text))?.[0] ?? '';

/** What a script of ours has printed, by the names of its parts; lines without words are left out. */
export function partsOf(output: string): ReadonlyMap<string, readonly string[]> {
  const parts = new Map<string, string[]>();
  let lines: string[] = [];
  for (const line of output.split('\n')) {
    if (line.startsWith(PART)) {
      lines = [];
      parts.set(line.slice(PART.length).trim(), lines);
    } else if (line.trim() !== '') lines.push(line);
  }
  return parts;
}

/** Whether it ran to its end. */
export const isWhole = (output: string): boolean => partsOf(output).has('end');
