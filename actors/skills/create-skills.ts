import type { z } from 'zod';
import { searchSkills } from '../../services/skills/search-skills.ts';
import type { SkillProblem } from '../../services/skills/skill-files.ts';
import type { SkillLibrary } from '../../services/skills/skill-library.ts';
import {
  type SkillHitView,
  type SkillTopicView,
  type SkillView,
  skillHitView,
  skillTopicView,
  skillView,
} from './skill-views.ts';

/** What sessions of Claude Code can learn to do: files of the person and of repositories. */
export interface Skills {
  list(): { readonly skills: readonly SkillView[]; readonly problems: readonly SkillProblem[] };
  search(query: string): readonly z.infer<typeof SkillHitView>[];
  topics(): {
    readonly topics: readonly z.infer<typeof SkillTopicView>[];
    readonly problems: readonly SkillProblem[];
  };
}

export interface SkillsDependencies {
  readonly library: SkillLibrary;
}

export function createSkills({ library }: SkillsDependencies): Skills {
  return {
    list() {
      const { skills, problems } = library.read();
      return { skills: skills.map(skillView), problems };
    },
    search: (query) => searchSkills(library.read().skills, query).map(skillHitView),
    topics() {
      const { skills, problems } = library.read();
      return { topics: skills.map(skillTopicView), problems };
    },
  };
}
