import type { Skill } from './read-skill.ts';
import { isCalled } from './search-skills.ts';

/** How a skill came to be meant. */
export type MatchedBy = 'direct' | 'query' | 'dependency' | 'dependency_l2';

export interface NeededSkill {
  readonly skill: Skill;
  readonly by: MatchedBy;
}

export interface NeededSkills {
  readonly needed: readonly NeededSkill[];
  /** Names that skills require and nobody has. */
  readonly missing: readonly string[];
}

/** What skills require, and what that requires; each once, also where they require each other. */
export function withRequired(skills: readonly Skill[], begun: readonly NeededSkill[]): NeededSkills {
  const needed = [...begun];
  const missing = new Set<string>();
  let level: readonly NeededSkill[] = begun;
  for (const by of ['dependency', 'dependency_l2'] as const) {
    const next: NeededSkill[] = [];
    for (const { skill: above } of level) {
      for (const name of above.head.requires.skills) {
        // One of the same place is meant before one that is only called so.
        const found =
          skills.find((skill) => skill.source === above.source && isCalled(skill, name)) ??
          skills.find((skill) => isCalled(skill, name));
        if (found === undefined) missing.add(name);
        else if (![...needed, ...next].some(({ skill }) => skill === found)) next.push({ skill: found, by });
      }
    }
    needed.push(...next);
    level = next;
  }
  return { needed, missing: [...missing] };
}
