import { expect, test } from 'vitest';
import { dropNegotiation } from '../../../server/attach/drop-negotiation.ts';

test.each([
  ['device attributes', '\x1b[c'],
  ['device attributes, spelt out', '\x1b[0c'],
  ['secondary device attributes', '\x1b[>c'],
  ['the cursor position', '\x1b[6n'],
  ['the version', '\x1b[>0q'],
  ['a mode', '\x1b[?2026$p'],
  ['the keyboard flags', '\x1b[?u'],
  ['a change of the keyboard flags', '\x1b[>1u\x1b[<u\x1b[=5;1u'],
  ['modifyOtherKeys', '\x1b[>4;2m\x1b[>4m'],
  ['the background colour', '\x1b]11;?\x07\x1b]10;?\x1b\\'],
  ['a palette colour', '\x1b]4;1;?\x07'],
  ['the size in pixels', '\x1b[14t'],
  ['a setting', '\x1bP$qm\x1b\\'],
])('a question for %s is not drawn', (_, question) => {
  expect(dropNegotiation(`a${question}b`)).toBe('ab');
});

test.each([
  'plain text 6n c',
  '\x1b[31mred\x1b[0m',
  '\x1b[2J\x1b[12;40H\x1b[K',
  '\x1b[?25l\x1b[?1049h\x1b[?2004h',
  '\x1b]0;✳ Claude Code\x07',
  '\x1b]11;rgb:00/00/00\x07',
  '\x1b[s\x1b[u\x1b7\x1b8',
  '\x1b[2 q',
  '\x1b[22;0t\x1b[23;0t',
  '\x1b[4m\x1b[38;5;4m\x1b[4:3m',
])('%j is drawn as it is', (output) => {
  expect(dropNegotiation(output)).toBe(output);
});
