/** One tab becomes this many spaces: Claude Code does so with a pasted tab, and loses a typed one (2.1.329). */
const TAB = '    ';

/** Escape sequences are removed whole, so that `ESC[31mred` becomes `red` and not `[31mred`. */
const ESCAPE_SEQUENCES = new RegExp(
  [
    '(?:\\u001b\\[|\\u009b)[0-?]*[ -/]*[@-~]', // CSI: colours, cursor keys, the ends of a bracketed paste
    '(?:\\u001b[\\]PX^_]|[\\u009d\\u0090\\u0098\\u009e\\u009f])[^\\u0007\\u001b\\u009c]*(?:\\u0007|\\u001b\\\\|\\u009c)', // OSC, DCS, SOS, PM, APC
    '\\u001b[ -/]+[0-~]', // character sets
    '\\u001b[0-9<=>c@-Z\\\\^_]', // two-character sequences
  ].join('|'),
  'g',
);

/** NEL, LINE SEPARATOR and PARAGRAPH SEPARATOR arrive as line feeds (2.1.329). */
const LINE_ENDS = /\r\n|[\r\u0085\u2028\u2029]/g;

/** Keys to a terminal, not text: Ctrl-A moves the cursor, DEL deletes. */
const CONTROLS = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g;

const LONE_SURROGATES = /\p{Surrogate}/gu;

/**
 * Invisible characters. Claude Code 2.1.329 removes them and, for direction marks, wants a second Enter
 * ("review and press Enter to send"), so they are left out from the start.
 */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/gu;

/** Joiners, variation selectors and flag tags belong to emoji and to some scripts; Claude Code keeps them there. */
const INVISIBLE_BUT_MEANT = /\u200c|\u200d|[\ufe00-\ufe0f]|[\u{e0020}-\u{e007f}]/u;

/** Makes of a text what a person could have typed: printable characters and line feeds, in composed form (NFC). */
export function cleanPrompt(text: string): string {
  return text
    .replace(ESCAPE_SEQUENCES, '')
    .replace(LINE_ENDS, '\n')
    .replaceAll('\t', TAB)
    .replace(CONTROLS, '')
    .replace(LONE_SURROGATES, '\ufffd')
    .replace(INVISIBLE, (character) => (INVISIBLE_BUT_MEANT.test(character) ? character : ''))
    .normalize('NFC');
}

/** The text without any invisible character: what can be compared and seen. */
export function withoutInvisible(text: string): string {
  return text.replace(INVISIBLE, '');
}
