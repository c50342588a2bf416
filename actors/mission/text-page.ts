/** Where a page of a long text begins and how long it may be, in UTF-16 units, as JavaScript counts. */
export interface PageRequest {
  readonly offset: number;
  readonly limit: number;
}

export interface TextPage {
  readonly text: string;
  /** Of the whole. */
  readonly totalChars: number;
  /** Where the next page begins; absent when this one goes to the end. */
  readonly nextOffset?: number;
}

/** MCP clients take 25,000 tokens of a tool's answer; this is about as much. */
export const PAGE_CHARACTERS = 80_000;
export const FIRST_PAGE: PageRequest = { offset: 0, limit: PAGE_CHARACTERS };
/** Thousands of events are held and sent to everyone; most answers are shorter than this. */
export const IN_EVENT: PageRequest = { offset: 0, limit: 8_000 };
/** A list tells tasks apart. */
export const IN_LIST: PageRequest = { offset: 0, limit: 1_000 };

const isHighSurrogate = (text: string, at: number): boolean => {
  const unit = text.charCodeAt(at);
  return unit >= 0xd800 && unit <= 0xdbff;
};

/** A piece of a text. Never cuts a character in two: the page is one unit shorter then, or longer when it held nothing else. */
export function pageOf(text: string, { offset, limit }: PageRequest): TextPage {
  const totalChars = text.length;
  let end = Math.min(totalChars, offset + limit);
  if (end < totalChars && isHighSurrogate(text, end - 1)) end += end - 1 > offset ? -1 : 1;
  return { text: text.slice(offset, end), totalChars, ...(end < totalChars ? { nextOffset: end } : {}) };
}
