import { readdirSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { nameBelow } from '../config/name-below.ts';
import { messageOf } from '../errors/message-of.ts';
import { hasCode } from '../errors/system-error.ts';

/** More skills than these nobody has; a folder that was put there by mistake may hold anything. */
const MOST_FILES = 500;
const MOST_ENTRIES = 2_000;
const NAMES = ['SKILL.md', 'skill.md'] as const;

/** A folder of skills. */
export interface SkillFolder {
  /** `home`, or the name of a repository. */
  readonly source: string;
  readonly folder: string;
  /** What it has to lie in, links followed: one of a repository could lead an agent to any file of the person's. */
  readonly inside: string | null;
}

export interface SkillFile {
  readonly source: string;
  /** How it is called among those of its source: `deploy`, `ops/deploy`. */
  readonly topic: string;
  readonly file: string;
}

/** A file or folder that is not read, and why. */
export interface SkillProblem {
  readonly file: string;
  readonly message: string;
}

export interface FoundSkillFiles {
  readonly files: readonly SkillFile[];
  readonly problems: readonly SkillProblem[];
}

/**
 * The real path of a file that lies in a folder, links followed.
 * @throws Error for one that leads out of it, and what `node:fs` throws
 */
export function realPathWithin(folder: string, file: string): string {
  const real = realpathSync.native(file);
  const name = nameBelow(realpathSync.native(folder), real);
  if (name === null || name === '') throw new Error('it is a link that leads out of the folder of skills');
  return real;
}

/** The files of a folder of skills: `<name>/SKILL.md`, also one folder deeper, and `*.md` in the folder itself. */
export function findSkillFiles({ source, folder, inside }: SkillFolder): FoundSkillFiles {
  const files: SkillFile[] = [];
  const problems: SkillProblem[] = [];
  let entries = 0;
  const namesIn = (place: string): readonly string[] => {
    const names = readdirSync(place)
      .filter((name) => !name.startsWith('.'))
      .sort();
    entries += names.length;
    if (entries > MOST_ENTRIES) throw new Error(`it holds more than ${MOST_ENTRIES} files and folders`);
    return names;
  };
  const isFolder = (place: string): boolean =>
    statSync(place, { throwIfNoEntry: false })?.isDirectory() === true;

  function look(place: string, topic: string, depth: number): void {
    const names = namesIn(place);
    const own = NAMES.find((name) => names.includes(name));
    if (own !== undefined) files.push({ source, topic, file: path.join(place, own) });
    else if (depth === 1) within(place, topic, names, depth);
  }

  function within(place: string, above: string, names: readonly string[], depth: number): void {
    for (const name of names) {
      const next = path.join(place, name);
      try {
        if (isFolder(next)) {
          realPathWithin(folder, next);
          look(next, above === '' ? name : `${above}/${name}`, depth + 1);
        } else if (depth === 0 && name.endsWith('.md'))
          files.push({ source, topic: name.slice(0, -'.md'.length), file: next });
      } catch (error) {
        problems.push({ file: next, message: messageOf(error) });
      }
    }
  }

  try {
    if (inside !== null) realPathWithin(inside, folder);
    within(folder, '', namesIn(folder), 0);
  } catch (error) {
    if (!hasCode(error, 'ENOENT') && !hasCode(error, 'ENOTDIR'))
      problems.push({ file: folder, message: messageOf(error) });
  }
  if (files.length > MOST_FILES)
    problems.push({ file: folder, message: `only the first ${MOST_FILES} skills are read` });
  return { files: files.slice(0, MOST_FILES), problems };
}
