import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createSequenceJoiner } from '../../../services/pty/whole-sequences.ts';

const pieces = [
  'hello ',
  '\x1b[31mred\x1b[0m',
  '\x1b[?25l',
  '\x1b[38;2;215;119;87m▐',
  '\x1b]0;✳ Claude Code\x07',
  '\x1b]8;id=a;https://example.org\x1b\\link\x1b]8;;\x1b\\',
  '\x1bP>|xterm\x1b\\',
  '\x1b(B',
  '\x1b7\x1b8\x1bM',
  '日本語 🎉\r\n',
  '\x1b[12;40H',
];

test('whatever the cuts, everything arrives in order and no chunk ends within a sequence', () => {
  const text = pieces.join('');
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: text.length })), (cuts) => {
      const join = createSequenceJoiner();
      const borders = [0, ...cuts.sort((a, b) => a - b), text.length];
      const out = borders.slice(1).map((end, index) => join(text.slice(borders[index], end)));
      expect(out.join('')).toBe(text);
      // A joiner of its own that is given everything up to a border holds nothing back.
      let until = 0;
      for (const chunk of out) {
        until += chunk.length;
        expect(createSequenceJoiner()(text.slice(0, until))).toBe(text.slice(0, until));
      }
    }),
  );
});

test('half a sequence waits for its other half', () => {
  const join = createSequenceJoiner();
  expect(join('a\x1b[3')).toBe('a');
  expect(join('1mb')).toBe('\x1b[31mb');
  expect(join('\x1b]0;ti')).toBe('');
  expect(join('tle\x1b')).toBe('');
  expect(join('\\c')).toBe('\x1b]0;title\x1b\\c');
});

test('a sequence that is broken off does not hold back what follows', () => {
  const join = createSequenceJoiner();
  expect(join('\x1b[3\x1b[31mx')).toBe('\x1b[3\x1b[31mx');
  expect(join('\x1b]0;never\x18y')).toBe('\x1b]0;never\x18y');
});

test('a sequence without an end is let go rather than kept for ever', () => {
  const join = createSequenceJoiner();
  const endless = `\x1bP${'q'.repeat(70_000)}`;
  expect(join(endless)).toBe(endless);
  expect(join('after')).toBe('after');
});
