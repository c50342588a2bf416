import { expect, it } from 'vitest';
import { composerHolds } from '../../../services/keyboard/composer-text.ts';

const box = (text: string) => ({ kind: 'draft' as const, text });

it.each([
  ['/compact  <optional custom summarization instructions>', '/compact', true],
  ['/compact  <optional custom\nsummarization instructions>', '/compact', true],
  ['/resume [conversation id]', '/resume', true],
  ['/compact', '/compact', true],
  ['/compact keep the names', '/compact', false],
  ['/compact keep <b>', '/compact', false],
  ['/clear  <nothing>', '/compact', false],
  ['compact <b>', 'compact', false],
])('a box that shows %j holds %j: %s', (shown, ours, holds) => {
  expect(composerHolds(box(shown), ours)).toBe(holds);
});
