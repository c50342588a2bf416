/** A Markdown text, and what stands before it between two lines of `---`. */
export interface FrontMatter {
  /** The YAML, on the lines on which it stands in the file; null when there is none. */
  readonly yaml: string | null;
  readonly body: string;
}

const FENCE = /^---[ \t]*$/;

/** Takes the front matter off a Markdown text. One that is begun and never ended is text. */
export function splitFrontMatter(text: string): FrontMatter {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  const end = FENCE.test(lines[0] ?? '') ? lines.findIndex((line, at) => at > 0 && FENCE.test(line)) : -1;
  if (end === -1) return { yaml: null, body: lines.join('\n').trim() };
  // An empty line in the place of the first fence: what is said of a line is true of the file.
  return {
    yaml: ['', ...lines.slice(1, end), ''].join('\n'),
    body: lines
      .slice(end + 1)
      .join('\n')
      .trim(),
  };
}
