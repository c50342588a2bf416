/** A heading of a Markdown text with what belongs to it, as offsets into the text. */
export interface SkillSection {
  /** The whole line, without blanks around it: `## Paths`. */
  readonly heading: string;
  readonly title: string;
  readonly level: number;
  readonly start: number;
  /** Behind the line of the heading. */
  readonly contentStart: number;
  /** Before the next heading of its level or a higher one. */
  readonly end: number;
}

export interface SkillOutline {
  /** Behind the front matter. */
  readonly bodyStart: number;
  readonly sections: readonly SkillSection[];
  /** A block of code that is begun and never ended: whatever is put behind it belongs to it. */
  readonly endsInCode: boolean;
}

const LINE = /[^\r\n]*(?:\r\n|\n|\r|$)/y;
const FRONT_MATTER_FENCE = /^\uFEFF?---[ \t]*$/;
const CODE_FENCE = /^ {0,3}(`{3,}|~{3,})(.*)$/;
const HEADING = /^ {0,3}(#{1,6})(?=[ \t]|$)/;

const DEEPEST = 6;

interface Line {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

function linesOf(text: string): readonly Line[] {
  const lines: Line[] = [];
  for (let start = 0; start < text.length; ) {
    LINE.lastIndex = start;
    const whole = LINE.exec(text)?.[0] ?? '';
    lines.push({ text: whole.replace(/[\r\n]+$/, ''), start, end: start + whole.length });
    start += whole.length;
  }
  return lines;
}

/** How many lines the front matter has, its fences included; 0 without one, and for one that is never ended. */
function linesOfFrontMatter(lines: readonly Line[]): number {
  if (!FRONT_MATTER_FENCE.test(lines[0]?.text ?? '')) return 0;
  return lines.findIndex(({ text }, at) => at > 0 && FRONT_MATTER_FENCE.test(text)) + 1;
}

/** The headings of a Markdown text: those written with `#`, outside of front matter and blocks of code. */
export function outlineOf(text: string): SkillOutline {
  const lines = linesOf(text);
  const inFrontMatter = linesOfFrontMatter(lines);
  const headings: Omit<SkillSection, 'end'>[] = [];
  let fence: string | null = null;
  for (const { text: line, start, end } of lines.slice(inFrontMatter)) {
    const [, marks, behind = ''] = CODE_FENCE.exec(line) ?? [];
    if (marks !== undefined) {
      // What stands behind the marks that begin a block names its language; behind those that end it stands nothing.
      const ends = fence !== null && marks.startsWith(fence) && behind.trim() === '';
      const begins = fence === null && !(marks.startsWith('`') && behind.includes('`'));
      if (ends) fence = null;
      else if (begins) fence = marks;
    }
    const [indented, hashes] = (fence === null ? HEADING.exec(line) : null) ?? [];
    if (indented === undefined || hashes === undefined) continue;
    // Marks may stand behind the words, too.
    const title = line
      .slice(indented.length)
      .trim()
      .replace(/(?:^|[ \t])#+$/, '')
      .trim();
    headings.push({ heading: line.trim(), title, level: hashes.length, start, contentStart: end });
  }
  // From the end, with where each level begins next: a text of nothing but headings is read once, too.
  const begins = Array.from({ length: DEEPEST + 1 }, () => text.length);
  const sections = headings.toReversed().map((heading) => {
    const end = Math.min(...begins.slice(1, heading.level + 1));
    begins[heading.level] = heading.start;
    return { ...heading, end };
  });
  return {
    bodyStart: lines[inFrontMatter]?.start ?? text.length,
    sections: sections.toReversed(),
    endsInCode: fence !== null,
  };
}
