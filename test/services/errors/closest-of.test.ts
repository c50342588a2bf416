import { expect, test } from 'vitest';
import { closestOf } from '../../../services/errors/closest-of.ts';

const NAMES = ['calm-fox', 'calm-owl', 'coder-1', 'coder-2', 'researcher-1'];

test.each([
  ['clam-fox', ['calm-fox']],
  ['CALM-FOX', ['calm-fox', 'calm-owl']],
  ['fox', ['calm-fox']],
  ['coder', ['coder-1', 'coder-2']],
  ['zebra', []],
  ['', []],
])('%s', (word, expected) => {
  expect(closestOf(word, NAMES)).toEqual(expected);
});
