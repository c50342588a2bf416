import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createKeyFilter, type KeyAction } from '../../../server/attach/key-filter.ts';

const forward = (data: string): KeyAction => ({ type: 'forward', data });
const detach: KeyAction = { type: 'detach' };
const scrollback: KeyAction = { type: 'scrollback' };

test.each<[string, readonly string[], readonly KeyAction[]]>([
  ['words and control keys go through', ['hello\x03\x1b[A\r'], [forward('hello\x03\x1b[A\r')]],
  ['Ctrl-b d leaves', ['\x02d'], [detach]],
  ['also when the keys come one by one', ['\x02', 'd'], [detach]],
  ['what was typed before goes first', ['abc\x02d'], [forward('abc'), detach]],
  ['Ctrl-\\ leaves', ['\x1c'], [detach]],
  ['Ctrl-b [ looks back', ['\x02['], [scrollback]],
  ['Ctrl-b Ctrl-b is one Ctrl-b', ['\x02\x02'], [forward('\x02')]],
  ['Ctrl-b and another key are both for Claude Code', ['\x02x'], [forward('\x02x')]],
  ['Ctrl-b alone waits', ['\x02'], []],
  ['a d that follows something else is a d', ['\x02\x02d'], [forward('\x02d')]],
  ['pasted text holds no keys', ['\x1b[200~a\x02d\x1c\x1b[201~'], [forward('\x1b[200~a\x02d\x1c\x1b[201~')]],
  [
    'nor in pieces',
    ['\x1b[200~a\x02', 'd\x1b[20', '1~\x02d'],
    [forward('\x1b[200~a\x02'), forward('d\x1b[20'), forward('1~'), detach],
  ],
  [
    'after a paste keys are keys again',
    ['\x1b[200~a\x1b[201~\x1c'],
    [forward('\x1b[200~a\x1b[201~'), detach],
  ],
])('%s', (_, pieces, expected) => {
  const filter = createKeyFilter();
  expect(pieces.flatMap((piece) => filter(piece))).toEqual(expected);
});

test('whatever is typed without the two keys arrives unchanged', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' })), (pieces) => {
      const typed = pieces.map((piece) => piece.replaceAll(/[\x02\x1c]/g, ''));
      const filter = createKeyFilter();
      const out = typed.flatMap((piece) => filter(piece));
      expect(out.map((action) => (action.type === 'forward' ? action.data : action.type)).join('')).toBe(
        typed.join(''),
      );
    }),
  );
});
