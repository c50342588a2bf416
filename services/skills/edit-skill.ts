import { MissionError } from '../errors/mission-error.ts';
import { outlineOf, type SkillSection } from './skill-sections.ts';

const BLANK_LINES = /^(?:[ \t]*(?:\r\n|\n|\r))*/;
const HASHES = /^(#{1,6})\s+\S/;

function refuse(message: string, remedy: string): MissionError {
  return new MissionError('input_invalid', message, { remedy });
}

/** As the file ends its lines. */
function newlineOf(text: string): string {
  return /\r\n|\n|\r/.exec(text)?.[0] ?? '\n';
}

/** @throws MissionError `input_invalid` for no words */
function asIn(text: string, words: string): string {
  // Blanks before the first word may mean a block of code.
  const said = words.trimEnd().replace(BLANK_LINES, '');
  if (said === '') throw refuse('The content has no words.', 'Say what is to be written.');
  return said.split(/\r\n|\n|\r/).join(newlineOf(text));
}

/** How many ends of lines have to stand before what is put behind this. */
function gapBehind(before: string): string {
  const newline = newlineOf(before);
  if (before === '') return '';
  if (/(?:\r\n|\n|\r)[ \t]*(?:\r\n|\n|\r)$/.test(before)) return '';
  return /[\r\n]$/.test(before) ? newline : newline + newline;
}

/** One by its line, or by its words alone where no other has them. */
function meant(sections: readonly SkillSection[], title: string): SkillSection | undefined {
  const wanted = title.trim();
  const exact = sections.filter(({ heading }) => heading === wanted);
  const found =
    exact.length > 0 || HASHES.test(wanted) ? exact : sections.filter((one) => one.title === wanted);
  if (found.length < 2) return found[0];
  throw refuse(
    `${found.length} headings say "${wanted.slice(0, 100)}".`,
    'Edit the file by hand, or give them different words first.',
  );
}

/** What a section holds does not leave it: later edits would find something else. */
function checkContained(
  before: string,
  after: string,
  at: { start: number; end: number },
  grown: number,
): void {
  const outside = (text: string, end: number): readonly string[] =>
    outlineOf(text)
      .sections.filter(({ start }) => start < at.start || start >= end)
      .map(({ heading }) => heading);
  const was = outside(before, at.end);
  const is = outside(after, at.end + grown);
  if (was.length === is.length && was.every((heading, index) => heading === is[index])) return;
  throw refuse(
    'The content would change which headings the rest of the file has.',
    'End every block of code in it.',
  );
}

export interface SectionEdit {
  /** The line of the heading: `## Paths`; or its words alone. */
  readonly heading: string;
  readonly content: string;
  /** Where a new one goes: behind so many sections of its level; else at the end. */
  readonly order?: number | undefined;
}

/**
 * The text with this content under a heading, in place of all that stood there, or as a new section. Nothing else of it
 * is another byte.
 * @throws MissionError `input_invalid`
 */
export function withSection(text: string, { heading, content, order }: SectionEdit): string {
  const { sections, endsInCode } = outlineOf(text);
  const section = meant(sections, heading);
  const body = asIn(text, content);
  const newline = newlineOf(text);
  const level = section?.level ?? HASHES.exec(heading.trim())?.[1]?.length ?? 2;
  const inner = outlineOf(body);
  if (inner.endsInCode)
    throw refuse('A block of code in the content is never ended.', 'End it with its marks.');
  const breaksOut = inner.sections.find((one) => one.level <= level);
  if (breaksOut !== undefined || inner.bodyStart !== 0)
    throw refuse(
      `The content would leave its section: ${breaksOut?.heading.slice(0, 100) ?? 'it begins with front matter'}.`,
      'Use deeper headings within a section, or write several sections one by one.',
    );
  if (section !== undefined) {
    const old = text.slice(section.contentStart, section.end);
    // What stands around the old words stays: blank lines are somebody's, too.
    const lead = BLANK_LINES.exec(old)?.[0] ?? '';
    const tail = old.trim() === '' ? '' : old.slice(old.trimEnd().length);
    const hasLine = /[\r\n]$/.test(text.slice(section.start, section.contentStart));
    const isLast = section.end === text.length;
    const put = `${hasLine ? '' : newline}${old === '' ? newline : lead}${body}${
      tail === '' && !isLast ? newline + newline : tail
    }`;
    const after = text.slice(0, section.contentStart) + put + text.slice(section.end);
    checkContained(
      text,
      after,
      { start: section.start, end: section.end },
      put.length - (section.end - section.contentStart),
    );
    return after;
  }
  const line = HASHES.test(heading.trim()) ? heading.trim() : `## ${heading.trim()}`;
  const [only, ...more] = outlineOf(line).sections;
  if (/[\r\n]/.test(line) || only === undefined || more.length > 0)
    throw refuse('The title is no heading.', 'Write it as `## Paths`, on one line.');
  const next = order === undefined ? undefined : sections.filter((one) => one.level === level)[order];
  if (next === undefined && endsInCode)
    throw refuse('The file ends within a block of code that is never ended.', 'End it by hand first.');
  const at = next?.start ?? text.length;
  const head = text.slice(0, at);
  const put = `${gapBehind(head)}${line}${newline}${newline}${body}${newline}${next === undefined ? '' : newline}`;
  const after = head + put + text.slice(at);
  checkContained(text, after, { start: at, end: at }, put.length);
  return after;
}

/**
 * The text with a fragment behind it; the same text where it says that already.
 * @throws MissionError `input_invalid`
 */
export function withFragment(text: string, content: string): string {
  const body = asIn(text, content);
  if (outlineOf(text).endsInCode)
    throw refuse('The file ends within a block of code that is never ended.', 'End it by hand first.');
  if (outlineOf(body).endsInCode)
    throw refuse('A block of code in the content is never ended.', 'End it with its marks.');
  const newline = newlineOf(text);
  if (`${newline}${text}${newline}`.includes(`${newline}${body}${newline}`)) return text;
  return `${text}${gapBehind(text)}${body}${newline}`;
}

/** A file that Claude Code takes for a skill. */
export function newSkill(topic: string, description: string): string {
  return `---\nname: ${topic}\ndescription: ${JSON.stringify(description.replace(/\s+/g, ' ').trim())}\n---\n\n# ${topic}\n`;
}
