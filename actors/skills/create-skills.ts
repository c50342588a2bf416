import type { z } from 'zod';
import type { SkillLedger } from '../../services/ledger/skill-ledger.ts';
import { searchSkills } from '../../services/skills/search-skills.ts';
import type { SkillProblem } from '../../services/skills/skill-files.ts';
import { PAGE_CHARACTERS } from '../mission/text-page.ts';
import { createSkillEdits, type SkillEdits } from './edit-skills.ts';
import { findSkill, type WhichSkill } from './find-skill.ts';
import { createSkillContext, type SkillContext, type SkillContextDependencies } from './gather-context.ts';
import {
  type SkillFileView,
  type SkillHitView,
  type SkillTopicView,
  type SkillView,
  skillFileView,
  skillHitView,
  skillTopicView,
  skillView,
} from './skill-views.ts';

/** What sessions of Claude Code can learn to do: files of the person and of repositories. */
export interface Skills extends SkillEdits {
  list(): { readonly skills: readonly SkillView[]; readonly problems: readonly SkillProblem[] };
  search(query: string): readonly z.infer<typeof SkillHitView>[];
  topics(): {
    readonly topics: readonly z.infer<typeof SkillTopicView>[];
    readonly problems: readonly SkillProblem[];
  };
  /**
   * The file of one as it is, without secrets; of all without their words.
   * @throws MissionError `skill_unknown`
   */
  render(which: WhichSkill | null, offset: number): readonly SkillFileView[];
  readonly context: SkillContext;
}

export interface SkillsDependencies extends SkillContextDependencies {
  readonly ledger: SkillLedger;
}

export function createSkills(dependencies: SkillsDependencies): Skills {
  const { library } = dependencies;
  return {
    ...createSkillEdits(dependencies),
    context: createSkillContext(dependencies),
    list() {
      const { skills, problems } = library.read();
      return { skills: skills.map(skillView), problems };
    },
    search: (query) => searchSkills(library.read().skills, query).map(skillHitView),
    topics() {
      const { skills, problems } = library.read();
      return { topics: skills.map(skillTopicView), problems };
    },
    render(which, offset) {
      const { skills } = library.read();
      if (which === null) return skills.map((skill) => skillFileView(skill, null));
      return [skillFileView(findSkill(skills, which), { offset, limit: PAGE_CHARACTERS })];
    },
  };
}
