import { z } from 'zod';
import { SKILL_CHANGES } from '../../db/schema/skills.ts';
import type { Skill } from '../../services/skills/read-skill.ts';
import type { SkillHit } from '../../services/skills/search-skills.ts';
import { type PageRequest, pageOf } from '../mission/text-page.ts';

export const SkillView = z.object({
  name: z.string(),
  topic: z.string().describe('How other tools take it.'),
  source: z.string().describe('`home`: of the person. Else the repository that holds it.'),
  description: z.string().optional(),
  aka: z.array(z.string()),
  path: z.string(),
});
export type SkillView = z.infer<typeof SkillView>;

export function skillView({ name, topic, source, file, head }: Skill): SkillView {
  return {
    name,
    topic,
    source,
    ...(head.description === null ? {} : { description: head.description }),
    aka: [...head.aka],
    path: file,
  };
}

export const SkillHitView = SkillView.extend({
  match_type: z.enum(['name/aka', 'content']),
  matched_section: z.string().optional().describe('The line of the heading.'),
  snippet: z.string().optional().describe('What was looked for stands between >>> and <<<.'),
});

export function skillHitView({ skill, by, section, snippet }: SkillHit): z.infer<typeof SkillHitView> {
  return {
    ...skillView(skill),
    match_type: by,
    ...(section === null ? {} : { matched_section: section }),
    ...(snippet === null ? {} : { snippet }),
  };
}

export const SkillTopicView = SkillView.extend({
  allowedTools: z.array(z.string()),
  sections: z.array(z.string()).describe('The lines of its headings.'),
  totalLines: z.number().int(),
  checksum: z.string().describe('SHA-256 of the file.'),
  requires: z.object({
    skills: z.array(z.string()),
    infra: z.array(z.string()),
    kb: z.array(z.string()),
  }),
  withheld: z.boolean().describe('Something that looks like a secret is not shown; the person has the file.'),
  problem: z.string().optional().describe('Why its front matter could not be read.'),
});

export function skillTopicView(skill: Skill): z.infer<typeof SkillTopicView> {
  const { head, sections, lines, digest, isWithheld } = skill;
  return {
    ...skillView(skill),
    allowedTools: [...head.allowedTools],
    sections: sections.map(({ heading }) => heading),
    totalLines: lines,
    checksum: digest,
    requires: {
      skills: [...head.requires.skills],
      infra: [...head.requires.infra],
      kb: [...head.requires.kb],
    },
    withheld: isWithheld,
    ...(head.problem === null ? {} : { problem: head.problem }),
  };
}

export const SkillEditView = z.object({
  topic: z.string(),
  source: z.string(),
  path: z.string(),
  action: z.enum(['created', 'updated', 'unchanged', 'removed']),
  dryRun: z.boolean().describe('Nothing was written.'),
  checksum: z.string().optional().describe('SHA-256 of what the file is now, or would be.'),
  diff: z.string().describe('What became another, without secrets.'),
  versionId: z.number().int().optional().describe('What was there before, for mission_skill_rollback.'),
});
export type SkillEditView = z.infer<typeof SkillEditView>;

export const SkillVersionView = z.object({
  versionId: z.number().int(),
  at: z.number().int().describe('When it was replaced, in epoch milliseconds.'),
  by: z.string(),
  before: z.enum(SKILL_CHANGES).describe('By what it was replaced.'),
  bytes: z.number().int().nullable().describe('Null: there was no file.'),
});
export type SkillVersionView = z.infer<typeof SkillVersionView>;

export const SkillFileView = z.object({
  topic: z.string(),
  source: z.string(),
  path: z.string(),
  checksum: z.string(),
  withheld: z.boolean().describe('Something that looks like a secret is not shown; the person has the file.'),
  text: z.string().optional(),
  totalChars: z.number().int(),
  nextOffset: z.number().int().optional().describe('Where the next page of the text begins.'),
});
export type SkillFileView = z.infer<typeof SkillFileView>;

export function skillFileView(skill: Skill, page: PageRequest | null): SkillFileView {
  const { topic, source, file, digest, isWithheld, shown } = skill;
  return {
    topic,
    source,
    path: file,
    checksum: digest,
    withheld: isWithheld,
    ...(page === null ? { totalChars: shown.length } : pageOf(shown, page)),
  };
}
