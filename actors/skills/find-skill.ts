import path from 'node:path';
import { closestOf } from '../../services/errors/closest-of.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import type { Skill } from '../../services/skills/read-skill.ts';
import { isCalled } from '../../services/skills/search-skills.ts';
import type { SkillFolder } from '../../services/skills/skill-files.ts';
import { HOME_SOURCE, type SkillLibrary } from '../../services/skills/skill-library.ts';

/** Which skill is meant. */
export interface WhichSkill {
  /** Its topic, name or an alias. */
  readonly topic: string;
  /** `home` or a repository, where several have one of that name. */
  readonly source?: string | undefined;
}

/** A file that is one, or will be. */
export interface SkillPlace {
  readonly topic: string;
  readonly source: string;
  readonly folder: SkillFolder;
  readonly file: string;
}

/**
 * The skill of that topic, or else the only one of that name.
 * @throws MissionError `skill_unknown`
 */
export function findSkill(skills: readonly Skill[], { topic, source }: WhichSkill): Skill {
  const among = source === undefined ? skills : skills.filter((skill) => skill.source === source);
  const exact = among.filter((skill) => skill.topic === topic);
  const found = exact.length > 0 ? exact : among.filter((skill) => isCalled(skill, topic));
  const [first, ...others] = found;
  const said = JSON.stringify(topic.slice(0, 100));
  if (first === undefined) {
    const like = closestOf(
      topic,
      among.map((skill) => skill.topic),
    );
    throw new MissionError('skill_unknown', `No skill is called ${said}.`, {
      remedy:
        like.length === 0
          ? 'mission_skill_list shows those there are.'
          : `Did you mean ${like.join(' or ')}?`,
    });
  }
  if (others.length === 0) return first;
  const places = found.map((skill) => `${skill.topic} of ${skill.source}`);
  throw new MissionError('skill_unknown', `Several skills are called ${said}: ${places.join(', ')}.`, {
    remedy: 'Say `source`, or the topic as mission_skill_list shows it.',
  });
}

/**
 * The folder in which skills of a source are.
 * @throws MissionError `skill_unknown`
 */
function folderOf(library: SkillLibrary, source = HOME_SOURCE): SkillFolder {
  const folders = library.folders();
  const folder = folders.find((one) => one.source === source);
  if (folder !== undefined) return folder;
  throw new MissionError(
    'skill_unknown',
    `Nothing called ${JSON.stringify(source.slice(0, 100))} has skills.`,
    {
      remedy: `There are: ${folders.map((one) => one.source).join(', ') || 'none'}.`,
    },
  );
}

/** Where a new skill of a topic is put. */
export function newPlace(library: SkillLibrary, { topic, source }: WhichSkill): SkillPlace {
  const folder = folderOf(library, source);
  return { topic, source: folder.source, folder, file: path.join(folder.folder, topic, 'SKILL.md') };
}

export function placeOf(library: SkillLibrary, { topic, source, file }: Skill): SkillPlace {
  return { topic, source, folder: folderOf(library, source), file };
}
