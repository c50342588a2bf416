/** What is looked for in a text, and what comes in its place. */
export interface Replacement {
  /** The first one at or behind `from` that is whole. */
  find(
    text: string,
    from: number,
  ): { readonly start: number; readonly end: number; readonly put: string } | null;
  /** Whether this, as the end of a text, is one that goes on, or could become a longer one. */
  mayGoOn(ending: string): boolean;
  /** Letters of the longest one. */
  readonly longest: number;
}

/** A text that comes in pieces: what is replaced in it does not depend on where it was cut. */
export interface ReplacedPieces {
  /** @returns what is certain by now; it may be empty */
  more(piece: string): string;
  /** The text has ended. */
  rest(): string;
}

const isHalfLetter = (text: string): boolean => {
  const last = text.charCodeAt(text.length - 1);
  return last >= 0xd800 && last <= 0xdbff;
};

/** Holds back the end of what has come only as long as more could make another thing of it. */
export function replaceInPieces({ find, mayGoOn, longest }: Replacement): ReplacedPieces {
  let held = '';

  /** Where the first one begins that is not whole yet; the end of the text when there is none. */
  function unsettledFrom(from: number): number {
    for (let start = Math.max(from, held.length - longest); start < held.length; start += 1)
      if (mayGoOn(held.slice(start))) return start;
    return isHalfLetter(held) && from < held.length ? held.length - 1 : held.length;
  }

  function settled(hasEnded: boolean): string {
    const certainUntil = (): number => (hasEnded ? held.length : unsettledFrom(from));
    let [from, text] = [0, ''];
    let until = certainUntil();
    for (;;) {
      const found = find(held, from);
      if (found === null || found.start >= until) {
        text += held.slice(from, until);
        held = held.slice(until);
        return text;
      }
      text += held.slice(from, found.start) + found.put;
      from = found.end;
      if (from > until) until = certainUntil();
    }
  }

  return {
    more(piece) {
      held += piece;
      return settled(false);
    },
    rest: () => settled(true),
  };
}
