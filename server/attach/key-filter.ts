/** Ctrl-b, as in tmux: the next key is for the attachment, not for Claude Code. */
const PREFIX = '\x02';
/** Ctrl-\: leaves at once, also for those who know `docker attach` or `screen -r` better than tmux. */
const LEAVE = '\x1c';
const PASTE_START = '\x1b[200~';
const PASTE_END = '\x1b[201~';

export type KeyAction =
  | { readonly type: 'forward'; readonly data: string }
  | { readonly type: 'detach' }
  | { readonly type: 'scrollback' };

/** How much of the end of `text` could be the beginning of `marker`. */
function begunAtEnd(text: string, marker: string): number {
  for (let length = Math.min(text.length, marker.length - 1); length > 0; length--) {
    if (text.endsWith(marker.slice(0, length))) return length;
  }
  return 0;
}

/**
 * Tells the keys of the attachment from those of the session. Every other key goes to Claude Code, Ctrl-C included.
 * Within a bracketed paste nothing is a key: pasted text may hold anything.
 */
export function createKeyFilter(): (data: string) => readonly KeyAction[] {
  let prefixed = false;
  let pasting = false;
  // The end of what came last, while pasting: a marker may come in two pieces.
  let tail = '';

  function paste(data: string): { readonly pasted: string; readonly rest: string } {
    const seen = tail + data;
    const end = seen.indexOf(PASTE_END);
    if (end < 0) {
      tail = seen.slice(seen.length - begunAtEnd(seen, PASTE_END));
      return { pasted: data, rest: '' };
    }
    pasting = false;
    const taken = end + PASTE_END.length - tail.length;
    tail = '';
    return { pasted: data.slice(0, taken), rest: data.slice(taken) };
  }

  return (data) => {
    const actions: KeyAction[] = [];
    let forward = '';
    const act = (action: KeyAction): void => {
      if (forward !== '') actions.push({ type: 'forward', data: forward });
      forward = '';
      actions.push(action);
    };
    let rest = data;
    while (rest !== '') {
      if (pasting) {
        const { pasted, rest: after } = paste(rest);
        forward += pasted;
        rest = after;
        continue;
      }
      if (rest.startsWith(PASTE_START)) {
        // A prefix before a paste was meant for nothing.
        prefixed = false;
        pasting = true;
        forward += PASTE_START;
        rest = rest.slice(PASTE_START.length);
        continue;
      }
      const key = rest.slice(0, 1);
      rest = rest.slice(1);
      if (!prefixed) {
        if (key === PREFIX) prefixed = true;
        else if (key === LEAVE) act({ type: 'detach' });
        else forward += key;
        continue;
      }
      prefixed = false;
      if (key === 'd') act({ type: 'detach' });
      else if (key === '[') act({ type: 'scrollback' });
      else if (key === PREFIX) forward += PREFIX;
      // Not one of ours, so both keys were for Claude Code.
      else forward += PREFIX + key;
    }
    if (forward !== '') actions.push({ type: 'forward', data: forward });
    return actions;
  };
}
