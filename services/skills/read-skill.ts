import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { withholdSecrets } from '../infra/withhold-secrets.ts';
import { realPathWithin, type SkillFile } from './skill-files.ts';
import { readSkillHead, type SkillHead } from './skill-front-matter.ts';
import { outlineOf, type SkillSection } from './skill-sections.ts';

/** A session would read nothing longer; what is longer is no skill. */
export const MOST_SKILL_BYTES = 512 * 1024;

/** A skill as it may be shown: what looks like a secret is taken out of all its words. */
export interface Skill extends SkillFile {
  readonly name: string;
  readonly head: SkillHead;
  /** The whole file without secrets. */
  readonly shown: string;
  /** The same in small letters, letter for letter. */
  readonly searched: string;
  readonly bodyStart: number;
  /** Of `shown`. */
  readonly sections: readonly SkillSection[];
  /** Something was taken out. */
  readonly isWithheld: boolean;
  /** Of the bytes as they are. */
  readonly digest: string;
  readonly lines: number;
}

/** Letter for letter, so that places in the one are places in the other: some letters are two when they are small. */
export function folded(text: string): string {
  const small = text.toLowerCase();
  if (small.length === text.length) return small;
  return Array.from(text, (letter) => {
    const lower = letter.toLowerCase();
    return lower.length === letter.length ? lower : letter;
  }).join('');
}

export const digestOf = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/**
 * The bytes of a skill's file.
 * @throws Error for what is no file, too large, or leads out of its folder; what `node:fs` throws
 */
export function readSkillBytes(folder: string, file: string): Buffer {
  // Of the real path, and of no link that was put in its place since.
  const descriptor = openSync(
    realPathWithin(folder, file),
    constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW,
  );
  try {
    const stat = fstatSync(descriptor);
    if (!stat.isFile()) throw new Error('it is no file');
    if (stat.size > MOST_SKILL_BYTES) throw new Error(`it is larger than ${MOST_SKILL_BYTES / 1024} KB`);
    return readFileSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** @throws as `readSkillBytes` */
export function readSkill(folder: string, found: SkillFile): Skill {
  const bytes = readSkillBytes(folder, found.file);
  const text = bytes.toString('utf8');
  const shown = withholdSecrets(text);
  const { bodyStart, sections } = outlineOf(shown);
  const head = readSkillHead(found.file, text);
  return {
    ...found,
    name: head.name ?? found.topic.split('/').at(-1) ?? found.topic,
    head,
    shown,
    searched: folded(shown),
    bodyStart,
    sections,
    isWithheld: shown !== text,
    digest: digestOf(bytes),
    lines: shown.split('\n').length - (shown.endsWith('\n') ? 1 : 0),
  };
}
