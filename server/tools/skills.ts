import { z } from 'zod';
import { SkillHitView, SkillTopicView, SkillView } from '../../actors/skills/skill-views.ts';
import { operation } from './operation.ts';

const problems = z
  .array(z.object({ file: z.string(), message: z.string() }))
  .describe('Files that are not read, or not whole, and why.');

export const skillList = operation({
  name: 'mission_skill_list',
  title: 'List the skills',
  description:
    "The skills of Claude Code that are there: the person's own (~/.claude/skills) and those of the repositories that the team works on.",
  input: z.object({}),
  output: z.object({ skills: z.array(SkillView), problems }),
  readOnly: true,
  run(_, { mission }) {
    const { skills, problems: found } = mission.skills.list();
    return { skills: [...skills], problems: [...found] };
  },
});

export const skillSearch = operation({
  name: 'mission_skill_search',
  title: 'Find a skill',
  description:
    'Finds skills by name, alias and description, then sections of them in which all the words stand, with what stands around.',
  input: z.object({ query: z.string().min(1).max(1_000) }),
  output: z.object({ results: z.array(SkillHitView) }),
  readOnly: true,
  run: ({ query }, { mission }) => ({ results: [...mission.skills.search(query)] }),
});

export const skillTopics = operation({
  name: 'mission_skill_topics',
  title: 'Skills in detail',
  description:
    'Every skill with its headings, size, checksum, the tools it may use and what it requires; and what is wrong with files.',
  input: z.object({}),
  output: z.object({ topics: z.array(SkillTopicView), problems }),
  readOnly: true,
  run(_, { mission }) {
    const { topics, problems: found } = mission.skills.topics();
    return { topics: [...topics], problems: [...found] };
  },
});

export const skillOperations = [skillList, skillSearch, skillTopics];
