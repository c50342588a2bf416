/** Ctrl-b, as in tmux: the next key is for the viewer. */
const PREFIX = 0x02;
/** Ctrl-\ leaves at once. */
const LEAVE = 0x1c;

export type KeyAction =
  | { readonly type: 'input'; readonly data: Buffer }
  | { readonly type: 'detach' }
  | { readonly type: 'scrollback' };

/**
 * Splits what a person types into what goes to Claude and what is for the viewer. Ctrl-C goes to Claude.
 * Bytes are never cut inside a character: what is not a key of the viewer passes as it came.
 */
export function createKeyReader() {
  let prefixed = false;
  return (bytes: Buffer): readonly KeyAction[] => {
    const actions: KeyAction[] = [];
    let start = 0;
    const flush = (end: number): void => {
      if (end > start) actions.push({ type: 'input', data: bytes.subarray(start, end) });
    };
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes[at];
      if (prefixed) {
        prefixed = false;
        start = at + 1;
        if (byte === 0x64) return [...actions, { type: 'detach' }];
        if (byte === 0x5b) actions.push({ type: 'scrollback' });
        // Twice sends one; any other key keeps its meaning, without the prefix.
        else start = at;
      } else if (byte === PREFIX) {
        flush(at);
        prefixed = true;
        start = at + 1;
      } else if (byte === LEAVE) {
        flush(at);
        return [...actions, { type: 'detach' }];
      }
    }
    flush(bytes.length);
    return actions;
  };
}
