/** A title or a link is far shorter. A sequence that never ends must not hold the output back for ever. */
const MOST_HELD_CHARACTERS = 64 * 1024;

const ESC = 0x1b;
const BEL = 0x07;
const CAN = 0x18;
const SUB = 0x1a;

/** Where the control sequence that begins at `start` is over, or -1 when its end has not come yet. */
function sequenceEnd(text: string, start: number): number {
  const kind = text[start + 1];
  if (kind === undefined) return -1;
  if (kind === '[') return controlEnd(text, start + 2);
  if (']PX^_'.includes(kind)) return stringEnd(text, start + 2, kind === ']');
  // ESC, intermediates, one final character: a character set, a save of the cursor, a reset.
  let at = start + 1;
  while (at < text.length && text.charCodeAt(at) >= 0x20 && text.charCodeAt(at) <= 0x2f) at++;
  return at < text.length ? at + 1 : -1;
}

/** CSI: parameters, then a final character. ESC begins anew, CAN and SUB call it off. */
function controlEnd(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === ESC) return at;
    if (code >= 0x40 || code === CAN || code === SUB) return at + 1;
  }
  return -1;
}

/** OSC, DCS and their like: up to ESC \, and an OSC also up to BEL. */
function stringEnd(text: string, from: number, bellEnds: boolean): number {
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if ((bellEnds && code === BEL) || code === CAN || code === SUB) return at + 1;
    if (code === ESC) {
      if (at + 1 >= text.length) return -1;
      return text[at + 1] === '\\' ? at + 2 : at;
    }
  }
  return -1;
}

/** Up to where the text holds nothing half said. */
function wholeUntil(text: string): number {
  let at = text.indexOf('\x1b');
  while (at >= 0) {
    const end = sequenceEnd(text, at);
    if (end < 0) return at;
    at = text.indexOf('\x1b', end);
  }
  return text.length;
}

/**
 * Cuts a stream only between control sequences: the beginning of one that is not complete is held back and comes with
 * the rest. A viewer that joins between two chunks would otherwise see the second half as text.
 */
export function createSequenceJoiner(): (text: string) => string {
  let held = '';
  return (text) => {
    const all = held + text;
    const until = wholeUntil(all);
    if (all.length - until > MOST_HELD_CHARACTERS) {
      held = '';
      return all;
    }
    held = all.slice(until);
    return all.slice(0, until);
  };
}
