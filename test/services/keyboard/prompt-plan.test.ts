import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_PROMPT_CHARACTERS, planPrompt } from '../../../services/keyboard/prompt-plan.ts';
import { sameWords } from '../../../services/keyboard/same-words.ts';

const NEW = { version: '2.1.329' };
const OLD = { version: '2.1.150' };

function typedBytes(text: string): string {
  const plan = planPrompt(text, NEW);
  return plan.ok ? plan.writes.map(({ data }) => data).join('') : plan.failure.code;
}

describe('planPrompt', () => {
  it.each([
    ['hello', 'hello '],
    ['two\nlines', 'two\nlines '],
    ['windows\r\nand\rmac', 'windows\nand\nmac '],
    ['a\tb', 'a    b '],
    ['  kept at the start, trimmed at the end \n\n', '  kept at the start, trimmed at the end '],
    ['!ls', ' !ls '],
    [' !ls', ' !ls '],
    ['&later', ' &later '],
    ['#remember', ' #remember '],
    ['# a heading', '# a heading '],
    ['?', ' ? '],
    ['? what', '? what '],
    ['/usr/bin/env', '/usr/bin/env '],
    ['ends with \\', 'ends with \\ '],
    ['see @file', 'see @file '],
    ['\u001b[31mred\u001b[0m', 'red '],
    ['\u001b]0;title\u0007after', 'after '],
    ['end\u001b[201~of paste', 'endof paste '],
    ['a\u0003b\u0015c\u007fd\u009be', 'abcd '],
    ['zero\u200bwidth\u202eand\u2066marks', 'zerowidthandmarks '],
    ['e\u0301', 'é '],
    ['👨‍👩‍👧 ❤️', '👨‍👩‍👧 ❤️ '],
    ['lone \ud800 half', 'lone \ufffd half '],
    ['line\u2028separator', 'line\nseparator '],
  ])('%j is typed as %j', (text, bytes) => {
    expect(typedBytes(text)).toBe(bytes);
  });

  it.each(['', '   ', '\n\t\n', '\u001b[31m', '\u200b'])('%j is empty', (text) => {
    expect(planPrompt(text, NEW)).toMatchObject({ ok: false, failure: { code: 'prompt_empty' } });
  });

  it('a megabyte is refused with advice', () => {
    expect(planPrompt('x'.repeat(1_000_000), NEW)).toMatchObject({
      ok: false,
      failure: { code: 'prompt_too_long', remedy: expect.stringContaining('file') },
    });
    expect(planPrompt('x'.repeat(MAX_PROMPT_CHARACTERS), NEW).ok).toBe(true);
  });

  it.each(['/help', '/help me', ' /clear', '/', 'exit', ' QUIT ', ':q!', '/mcp__a__b x', '/plugin:skill'])(
    '%j is pasted where pastes are wrapped, and refused elsewhere',
    (text) => {
      expect(planPrompt(text, NEW)).toMatchObject({ ok: true, way: 'pasted', expected: text.trimEnd() });
      expect(typedBytes(text)).toMatch(/^\u001b\[200~[^\u001b]*\n{4}\u001b\[201~$/);
      expect(planPrompt(text, OLD)).toMatchObject({ ok: false, failure: { code: 'prompt_refused' } });
    },
  );

  it.each(['exit now', 'run /help', '/home/x/file.txt is broken', '(exit)'])('%j is typed', (text) => {
    expect(planPrompt(text, OLD)).toMatchObject({ ok: true, way: 'typed' });
  });

  it.each(['2.0.60', '2.1.30', '2.1.150', '2.1.250'])(
    'a long text is pasted in one write in %s',
    (version) => {
      const text = `!${'many words '.repeat(20)}`;
      expect(planPrompt(text, { version })).toMatchObject({
        way: 'pasted',
        writes: [{ data: `\u001b[200~ ${text}\u001b[201~` }],
        expected: ` ${text.trimEnd()}`,
      });
      expect(planPrompt('a few words', { version })).toMatchObject({ way: 'typed' });
      expect(planPrompt(text, NEW)).toMatchObject({ way: 'typed' });
    },
  );

  it('never types a key, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        const plan = planPrompt(text, NEW);
        if (!plan.ok || plan.way === 'pasted') return;
        const bytes = plan.writes.map(({ data }) => data).join('');
        expect(bytes).toMatch(/^[^\u0000-\u0009\u000b-\u001f\u007f-\u009f]*$/);
        expect(bytes.trim()).toBe(plan.expected.trim());
        expect(planPrompt(plan.expected, NEW)).toMatchObject({ ok: true, expected: plan.expected });
      }),
    );
  });

  it('splits a long text into small pieces, never through a character', () => {
    const plan = planPrompt('🎉'.repeat(1_000), NEW);
    if (!plan.ok) throw new Error(plan.failure.code);
    expect(plan.writes.length).toBeGreaterThan(10);
    for (const { data, pauseMs } of plan.writes) {
      expect([...data].every((character) => character === '🎉' || character === ' ')).toBe(true);
      expect(pauseMs).toBeGreaterThan(0);
    }
  });
});

describe('sameWords', () => {
  it.each([
    ['hello', 'hello'],
    ['hello', '  hello\n'],
    [' !ls', '!ls'],
    ['/help me', '\n\n<pasted_content id="4482">\n/help me\n\n\n\n</pasted_content id="4482">\n'],
    [
      'typed and pasted and typed',
      'typed \n\n<pasted_content id="1a">\nand pasted\n</pasted_content id="1a">\n\n and typed',
    ],
    ['zero\u200bwidth', 'zerowidth'],
    ['👨‍👩‍👧', '👨‍👩‍👧'],
    ['e\u0301', 'é'],
  ])('%j is %j', (expected, heard) => {
    expect(sameWords(expected, heard)).toBe(true);
  });

  it.each([
    ['hello', 'hello there'],
    ['a b', 'ab'],
    ['a\nb', 'a b'],
    ['Hello', 'hello'],
    ['', 'x'],
  ])('%j is not %j', (expected, heard) => {
    expect(sameWords(expected, heard)).toBe(false);
  });
});
