import { z } from 'zod';
import { MissionError } from '../../services/errors/mission-error.ts';

const Cursor = z.tuple([z.string(), z.string()]);

/** Where the next page of a list begins. */
export const cursorAt = ({ category, key }: { readonly category: string; readonly key: string }): string =>
  Buffer.from(JSON.stringify([category, key])).toString('base64url');

/** @throws MissionError `input_invalid` when it is none of ours */
export function cursorOf(cursor: string | undefined): readonly [string, string] | undefined {
  if (cursor === undefined) return undefined;
  try {
    return Cursor.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()));
  } catch (cause) {
    throw new MissionError('input_invalid', 'That is no cursor of this list.', {
      remedy: 'Use `next` of the page before, or leave it out.',
      cause,
    });
  }
}
