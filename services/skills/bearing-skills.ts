import { wordsOf } from '../knowledge/similarity.ts';
import type { Skill } from './read-skill.ts';
import { isCalled } from './search-skills.ts';

/** One word that is shared by chance says nothing; the name of a skill does. */
const LEAST_SHARED = 2;

interface Weighed {
  readonly skill: Skill;
  readonly weight: number;
}

/** Sections that are asked for whatever is done: where things are, and how they are set. */
const KEY_HEADING =
  /path|port|index|config|setting|address|endpoint|路径|端口|索引|配置|设置|设定|地址|パス|ポート|設定|경로|포트|설정/i;

function weightOf(skill: Skill, words: ReadonlySet<string>): number {
  const shared = (text: string): number => [...wordsOf(text)].filter((word) => words.has(word)).length;
  const named = shared([skill.topic, skill.name, ...skill.head.aka].join(' '));
  const described = shared(skill.head.description ?? '');
  const within = shared(skill.sections.map(({ title }) => title).join(' '));
  return named > 0 || described + within >= LEAST_SHARED ? named * 10 + described * 3 + within : 0;
}

/** Skills that bear on what is asked, those that are called so first. */
export function bearingSkills(
  skills: readonly Skill[],
  asked: string,
  words: ReadonlySet<string>,
  most: number,
): readonly Skill[] {
  return skills
    .map((skill): Weighed => ({ skill, weight: isCalled(skill, asked) ? Infinity : weightOf(skill, words) }))
    .filter(({ weight }) => weight > 0)
    .sort((a, b) => b.weight - a.weight)
    .slice(0, most)
    .map(({ skill }) => skill);
}

/** The sections of a skill by which somebody can work: those that say a word of it, and where things are; else how it begins. */
export function bearingSections(skill: Skill, words: ReadonlySet<string>): readonly string[] {
  const pieces = skill.sections.map(({ title, start, contentStart }, at) => {
    const end = skill.sections[at + 1]?.start ?? skill.shown.length;
    return {
      title,
      text: skill.shown.slice(start, end).trim(),
      content: skill.shown.slice(contentStart, end),
    };
  });
  const filled = pieces.filter(({ content }) => content.trim() !== '');
  const bearing = filled.filter(
    ({ title, text }) => KEY_HEADING.test(title) || [...wordsOf(text)].some((word) => words.has(word)),
  );
  const chosen = bearing.length > 0 ? bearing : filled.slice(0, 1);
  if (chosen.length > 0) return chosen.map(({ text }) => text);
  const body = skill.shown.slice(skill.bodyStart).trim();
  return body === '' ? [] : [body];
}
