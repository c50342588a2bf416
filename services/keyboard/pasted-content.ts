/** How 2.1.329 hands on what it took for a paste, in the middle of a prompt too; the line feeds around the tags are its own. */
const OPENS = /(?:\n\n)?<pasted_content id="[^"]*">\n?/g;
const CLOSES = /\n?<\/pasted_content id="[^"]*">\n{0,2}/g;

/** The words of a prompt without the tags that Claude Code sets around pasted text. */
export function unwrapPasted(text: string): string {
  return text.replace(OPENS, '').replace(CLOSES, '');
}
