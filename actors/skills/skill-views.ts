import { z } from 'zod';
import type { Skill } from '../../services/skills/read-skill.ts';
import type { SkillHit } from '../../services/skills/search-skills.ts';

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
