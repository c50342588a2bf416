import { describe, expect, it } from 'vitest';
import { holdsBeginning, showsWhole } from '../../../services/keyboard/composer-text.ts';

const TEXT = 'one two three four five six seven eight nine ten';
const draft = (text: string) => ({ kind: 'draft', text }) as const;

describe('what a daemon that was killed left in the box', () => {
  it.each([
    ['all of it', TEXT, true, true],
    ['all of it, wrapped', TEXT.replace('five ', 'five\n'), true, true],
    ['a beginning', 'one two thr', false, true],
    ['a beginning, then a piece that was taken for a paste', 'one two [Pasted text #1]', false, true],
    ['a piece in the middle that was taken for a paste', 'one [Pasted text #1]seven eig', false, true],
    [
      'the end behind a marker: what the marker stands for is not to be seen',
      'one [Pasted text #1] ten',
      false,
      true,
    ],
    ['the visible rows of a scrolled box', 'three\nfour\nfive\nsix', false, true],
    ["somebody's words", 'one more thing', false, false],
    ["somebody's words behind ours", `${TEXT} and more`, false, false],
    ["somebody's words in front of ours", `please ${TEXT}`, false, false],
    ['pieces in another order', 'five [Pasted text #1] two', false, false],
  ])('%s', (_, text, whole, begun) => {
    expect({ whole: showsWhole(draft(text), TEXT), begun: holdsBeginning(draft(text), TEXT) }).toEqual({
      whole,
      begun,
    });
  });

  it('an empty box holds nothing', () => {
    const empty = { kind: 'empty', text: '' } as const;
    expect([showsWhole(empty, TEXT), holdsBeginning(empty, TEXT)]).toEqual([false, false]);
  });
});
