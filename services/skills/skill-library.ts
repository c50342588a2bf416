import path from 'node:path';
import { fileMark } from '../config/file-mark.ts';
import { messageOf } from '../errors/message-of.ts';
import { readSkill, type Skill } from './read-skill.ts';
import { findSkillFiles, type SkillFolder, type SkillProblem } from './skill-files.ts';

/** All of a folder's text is kept in memory; more than this is no collection of skills. */
const MOST_CHARACTERS = 20_000_000;

export const HOME_SOURCE = 'home';

export interface KnownSkills {
  readonly skills: readonly Skill[];
  readonly problems: readonly SkillProblem[];
}

export interface SkillLibrary {
  /** Every skill as its file is now. */
  read(): KnownSkills;
  /** Where skills are looked for, the person's own folder first. */
  folders(): readonly SkillFolder[];
}

interface Kept {
  readonly mark: string;
  readonly skill: Skill;
}

/** The skills of the person and of repositories; a file is read again when it has changed. */
export function createSkillLibrary({
  configDirectory,
  repositories,
}: {
  /** Claude Code's own folder; null where there is none. */
  readonly configDirectory: string | null;
  readonly repositories: () => readonly { readonly name: string; readonly path: string }[];
}): SkillLibrary {
  let kept: ReadonlyMap<string, Kept> = new Map();

  const folders = (): readonly SkillFolder[] => [
    ...(configDirectory === null
      ? []
      : [{ source: HOME_SOURCE, folder: path.join(configDirectory, 'skills'), inside: null }]),
    ...repositories().map(({ name, path: top }) => ({
      source: name,
      folder: path.join(top, '.claude', 'skills'),
      inside: top,
    })),
  ];

  function read(): KnownSkills {
    const next = new Map<string, Kept>();
    const problems: SkillProblem[] = [];
    let characters = 0;
    for (const place of folders()) {
      const found = findSkillFiles(place);
      problems.push(...found.problems);
      for (const one of found.files) {
        try {
          // Taken before it is read: what changes meanwhile is read the next time.
          const mark = fileMark(one.file)?.text ?? '';
          const key = `${one.source}\0${one.file}`;
          const before = kept.get(key);
          const skill = before?.mark === mark ? before.skill : readSkill(place.folder, one);
          characters += skill.shown.length;
          if (characters > MOST_CHARACTERS)
            throw new Error('it is left out: all skills together are too large');
          next.set(key, { mark, skill });
          if (skill.head.problem !== null) problems.push({ file: one.file, message: skill.head.problem });
        } catch (error) {
          problems.push({ file: one.file, message: messageOf(error) });
        }
      }
    }
    kept = next;
    return { skills: [...next.values()].map(({ skill }) => skill), problems };
  }

  return { read, folders };
}
