import { parseQuery } from '../conversations/search-query.ts';
import { folded, type Skill } from './read-skill.ts';
import type { SkillSection } from './skill-sections.ts';

const MOST_BY_NAME = 5;
const MOST_BY_CONTENT = 10;
const SNIPPET_BEFORE = 80;
const SNIPPET_AFTER = 160;
/** Marks around what was looked for. */
const BEGIN = '>>>';
const END = '<<<';

export interface SkillHit {
  readonly skill: Skill;
  readonly by: 'name/aka' | 'content';
  /** The heading under which it stands; null for what stands before the first one. */
  readonly section: string | null;
  readonly snippet: string | null;
}

const plain = (text: string): string => text.normalize('NFC').toLowerCase();

const namesOf = ({ name, topic, head }: Skill): readonly string[] => [topic, name, ...head.aka].map(plain);

/** Whether a skill is called so, by its topic, its name or an alias. */
export const isCalled = (skill: Skill, name: string): boolean => namesOf(skill).includes(plain(name.trim()));

function scoreOfName(skill: Skill, words: readonly string[]): number {
  const [topic = '', name = '', ...aka] = namesOf(skill);
  const description = plain(skill.head.description ?? '');
  return words.reduce((sum, word) => {
    if (topic.includes(word) || name.includes(word)) return sum + 10;
    if (aka.some((alias) => alias.includes(word))) return sum + 8;
    return sum + (description.includes(word) ? 3 : 0);
  }, 0);
}

function snippetAround(text: string, at: number, length: number): string {
  const start = Math.max(0, at - SNIPPET_BEFORE);
  const end = Math.min(text.length, at + length + SNIPPET_AFTER);
  const said = `${text.slice(start, at)}${BEGIN}${text.slice(at, at + length)}${END}${text.slice(at + length, end)}`;
  return `${start > 0 ? '…' : ''}${said.replace(/\s+/g, ' ').trim()}${end < text.length ? '…' : ''}`;
}

interface Piece {
  readonly section: SkillSection | null;
  readonly start: number;
  readonly end: number;
}

/** The text cut at its headings: each piece stands under the heading that is nearest above it. */
function piecesOf({ sections, bodyStart, shown }: Skill): readonly Piece[] {
  const starts = [
    { section: null, start: bodyStart },
    ...sections.map((section) => ({ section, start: section.start })),
  ];
  return starts.map((piece, at) => ({ ...piece, end: starts[at + 1]?.start ?? shown.length }));
}

function hitsIn(skill: Skill, words: readonly string[]): readonly { hit: SkillHit; score: number }[] {
  return piecesOf(skill).flatMap(({ section, start, end }) => {
    const piece = skill.searched.slice(start, end);
    const places = words.map((word) => piece.indexOf(word));
    if (places.some((place) => place === -1)) return [];
    const [first = 0] = places;
    const shown = skill.shown.slice(start, end);
    const inHeading = words.filter((word) => folded(section?.title ?? '').includes(word)).length;
    const often = words.reduce((sum, word) => sum + Math.min(piece.split(word).length - 1, 5), 0);
    return [
      {
        hit: {
          skill,
          by: 'content' as const,
          section: section?.heading ?? null,
          snippet: snippetAround(shown, first, words[0]?.length ?? 0),
        },
        score: inHeading * 10 + often,
      },
    ];
  });
}

/** Those that are called so or say so in their description, then sections in which all the words stand. */
export function searchSkills(skills: readonly Skill[], query: string): readonly SkillHit[] {
  const byName = (skill: Skill): SkillHit => ({ skill, by: 'name/aka', section: null, snippet: null });
  const called = skills.filter((skill) => isCalled(skill, query));
  const words = (parseQuery(query)?.terms ?? []).map(({ text }) => folded(text.normalize('NFC')));
  if (words.length === 0) return called.map(byName);
  const named = skills
    .filter((skill) => !called.includes(skill))
    .map((skill) => ({ skill, score: scoreOfName(skill, words) }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score)
    .map(({ skill }) => skill);
  const inside = skills
    .flatMap((skill) => hitsIn(skill, words))
    .sort((a, b) => b.score - a.score)
    .map(({ hit }) => hit);
  return [...[...called, ...named].slice(0, MOST_BY_NAME).map(byName), ...inside.slice(0, MOST_BY_CONTENT)];
}
