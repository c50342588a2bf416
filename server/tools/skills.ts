import { z } from 'zod';
import {
  SkillEditView,
  SkillFileView,
  SkillHitView,
  SkillTopicView,
  SkillVersionView,
  SkillView,
} from '../../actors/skills/skill-views.ts';
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

/** As much as a file of a skill may hold, more or less. */
const MOST_WORDS = 200_000;

const topic = z.string().min(1).max(200).describe('A topic, name or alias of mission_skill_list.');
const source = z
  .string()
  .min(1)
  .max(200)
  .optional()
  .describe('`home` or a repository: where several have such a skill, or where a new one is made.');
const checksum = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .optional()
  .describe('Of mission_skill_render: nothing is written when the file has become another one since.');
const dryRun = z.boolean().default(false).describe('Shows what would become another, and writes nothing.');
const content = z.string().min(1).max(MOST_WORDS);
const description = z
  .string()
  .min(1)
  .max(1_000)
  .optional()
  .describe('When to use it; with it a skill that is not there is made.');

export const skillRender = operation({
  name: 'mission_skill_render',
  title: 'Show the file of a skill',
  description:
    'The file of a skill as it is now, without what looks like a secret; without `topic` all of them, with checksums and no words. Writes nothing.',
  input: z.object({ topic: topic.optional(), source, offset: z.number().int().min(0).default(0) }),
  output: z.object({ files: z.array(SkillFileView) }),
  readOnly: true,
  run: ({ topic: named, source: of, offset }, { mission }) => ({
    files: [...mission.skills.render(named === undefined ? null : { topic: named, source: of }, offset)],
  }),
});

export const skillUpsert = operation({
  name: 'mission_skill_upsert',
  title: 'Write a section of a skill',
  description:
    'Puts words under a heading of a skill, in place of all that stands there (with deeper headings), or as a new section. Every other byte of the file stays; what was there is kept for mission_skill_rollback. Changes a file of the person (~/.claude/skills) or of a repository: do it only when asked to.',
  input: z.object({
    topic,
    source,
    section_title: z
      .string()
      .min(1)
      .max(300)
      .describe('The line of the heading: `## Paths`. A new section is one of level 2 without marks.'),
    content,
    sort_order: z
      .number()
      .int()
      .min(0)
      .max(1_000)
      .optional()
      .describe('Where a new section goes: behind so many of its level; else at the end.'),
    description,
    checksum,
    dryRun,
  }),
  output: SkillEditView,
  readOnly: false,
  idempotent: true,
  run: ({ section_title: heading, sort_order: order, ...request }, { mission, caller, isPerson }) =>
    mission.skills.upsert({ ...request, heading, order }, { by: caller, isPerson }),
});

export const skillRecord = operation({
  name: 'mission_skill_record',
  title: 'Add to a skill',
  description:
    'Puts words at the end of the file of a skill; words that stand there already are not put there again. Every other byte stays; mission_skill_rollback takes it back. Do it only when asked to.',
  input: z.object({ topic, source, content, description, checksum, dryRun }),
  output: SkillEditView,
  readOnly: false,
  idempotent: true,
  run: (request, { mission, caller, isPerson }) => mission.skills.record(request, { by: caller, isPerson }),
});

export const skillRollback = operation({
  name: 'mission_skill_rollback',
  title: 'Take back a change of a skill',
  description:
    'Without `version_id` what the file of a skill was before missiond changed it; with one the file becomes that again, byte for byte. A file that somebody else has changed since is left alone unless its `checksum` is said. What is replaced is kept, too.',
  input: z.object({
    skill: topic,
    source,
    version_id: z.number().int().positive().optional(),
    checksum,
    dryRun,
  }),
  output: z.object({ versions: z.array(SkillVersionView), restored: SkillEditView.optional() }),
  readOnly: false,
  idempotent: true,
  run({ skill, version_id: versionId, source: of, ...rest }, { mission, caller, isPerson }) {
    const which = { topic: skill, source: of };
    const restored =
      versionId === undefined
        ? undefined
        : mission.skills.rollback({ ...which, ...rest, versionId }, { by: caller, isPerson });
    const versions = [...mission.skills.versions(which)];
    return { versions, ...(restored === undefined ? {} : { restored }) };
  },
});

export const skillOperations = [
  skillList,
  skillSearch,
  skillTopics,
  skillRender,
  skillUpsert,
  skillRecord,
  skillRollback,
];
