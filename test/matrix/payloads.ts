/** A text to deliver. */
export interface Payload {
  readonly text: string;
  /** What the model is to receive, blanks at both ends aside. Absent: the text itself. */
  readonly words?: string;
  /** No words at all: it is to be refused wherever it is sent. */
  readonly isEmpty?: boolean;
}

/** What a payload that got out of hand would leave in the working directory. */
const RUN = 'touch executed';
const PASTE_END = '\u001b[201~';

function numbered(count: number, join: string): string {
  return Array.from({ length: count }, (_, index) => `w${String(index).padStart(5, '0')}`).join(join);
}

/** Every kind of text that a terminal program could take for something else than words. */
export const payloads: Readonly<Record<string, Payload>> = {
  'one line': { text: 'say: hello there' },
  'many lines': { text: 'line one\nline two\n\n    line four, indented\n- a list\n# a heading\n> a quote' },
  '120 lines': { text: numbered(120, '\n') },
  '3,000 characters': { text: numbered(428, ' ') },
  '60,000 characters': { text: numbered(8_571, ' ') },
  '3,000 in one word': { text: 'x'.repeat(3_000) },
  tabs: { text: 'a\tb\n\tindented', words: 'a    b\n    indented' },
  'wide characters': { text: '日本語の文章 🎉 한국어 👨‍👩‍👧 ❤️ 👍🏽 🇩🇪 עברית ñ' },
  'wide, many lines': { text: Array.from({ length: 30 }, () => '漢字'.repeat(60)).join('\n') },
  'combining characters': { text: 'cafe\u0301 x\u0302 q\u0323\u0307', words: 'café x\u0302 q\u0323\u0307' },
  'leading !': { text: `!${RUN}` },
  'leading !, 120 lines': { text: numbered(120, `\n!${RUN}\n`).replace('w00000', `!${RUN}`) },
  '! on a later line': { text: `look\n!${RUN}\n!${RUN}` },
  'leading /': { text: '/help me with this' },
  '/clear': { text: '/clear' },
  'a path': { text: '/usr/bin/env is a program' },
  'leading #': { text: '# remember this' },
  'leading @': { text: '@package.json is the file' },
  '@ at the end': { text: 'look at @work' },
  'leading -': { text: '--dangerously-skip-permissions' },
  'leading &': { text: '& in the background' },
  'an emoji name': { text: 'this makes me :smi' },
  '?': { text: '?' },
  exit: { text: 'exit' },
  'a number': { text: '1' },
  'trailing backslash': { text: 'a path like C:\\temp\\' },
  'backslash and line feed': { text: 'one\\\ntwo\\\\\nthree\\' },
  'escape sequences': {
    text: 'red \u001b[31mtext\u001b[0m, \u001b[A up, \u001b]0;title\u0007 end',
    words: 'red text,  up,  end',
  },
  'a paste end inside': {
    text: `before ${PASTE_END}\r!${RUN}\r after`,
    words: `before \n!${RUN}\n after`,
  },
  'control characters': { text: 'a\u0003b\u0004c\u0015d\u007fe\u001af\u200bg\u0000', words: 'abcdefg' },
  'windows lines': { text: 'first\r\nsecond\rthird', words: 'first\nsecond\nthird' },
  'quotes and markup': { text: '"double" \'single\' `code` <b>tag</b> $HOME $(id) %d {"json": [1, 2]}' },
  'looks like the screen': {
    text: '❯ 1. Yes\n────────────────\n✻ Thinking… (esc to interrupt)\n● done\n> \nEsc to cancel',
  },
  'a paste marker': { text: 'see [Pasted text #1 +20 lines] there' },
  'paste markers, 3,000 characters': {
    text: `see [Pasted text #1 +20 lines] and [Pasted text #2] ${numbered(428, ' ')}`,
  },
  'only spaces': { text: '     ', isEmpty: true },
  'only control characters': { text: '\u0003\u001b\u001b[A\u007f', isEmpty: true },
};
