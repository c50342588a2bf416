import { type Dirent, readdirSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { holdsExpansion } from './path-doubt.ts';
import { pathGlob } from './path-glob.ts';
import type { ShellWord } from './shell-word.ts';

/** A glob that meets more names is no longer followed: what it may mean is then told by its letters alone. */
const MOST_NAMES = 2_000;

/** A name that a glob of the shell stands for. */
export interface GlobbedName {
  readonly file: string;
  /** It may lead elsewhere. */
  readonly isLink: boolean;
}

function entriesOf(folder: string): readonly Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

const isGlob = (step: string): boolean => /[*?[]/.test(step);

/** `[[:alpha:]]` is any letters: better one name too many. */
const matcherOf = (step: string): ((name: string) => boolean) => {
  const matches = pathGlob(step.includes('[:') ? step.replace(/\[.*\]/, '*') : step);
  return (name) => (step.startsWith('.') || !name.startsWith('.')) && matches(name);
};

/**
 * The names on the disk that a glob of the shell stands for, seen from a folder. None of a word that holds an expansion,
 * too, or no glob.
 */
export function namesMeant(word: ShellWord, cwd: string): readonly GlobbedName[] {
  const [named] = /^(?:~|\$HOME|\$\{HOME\}|\$PWD|\$\{PWD\})(?=\/)/.exec(word.text) ?? [];
  const start = named === undefined ? null : named.includes('PWD') ? cwd : os.homedir();
  const rest =
    start === null
      ? word
      : { text: word.text.slice(named?.length), mask: word.mask.slice(word.mask.indexOf('/')) };
  if (!isGlob(rest.text) || holdsExpansion(rest)) return [];
  const pattern = `${start ?? ''}${rest.text}`;
  let folders: readonly GlobbedName[] = [{ file: pattern.startsWith('/') ? '/' : cwd, isLink: false }];
  let seen = 0;
  for (const step of pattern.split('/').filter((name) => name !== '' && name !== '.')) {
    if (!isGlob(step)) {
      folders = folders.map(({ file, isLink }) => ({
        file: `${file}/${step}`,
        isLink: isLink || step === '..',
      }));
      continue;
    }
    const matches = matcherOf(step);
    const found: GlobbedName[] = [];
    for (const { file, isLink } of folders) {
      const entries = entriesOf(file);
      seen += entries.length;
      if (seen > MOST_NAMES) return [];
      for (const entry of entries)
        if (matches(entry.name))
          found.push({ file: path.join(file, entry.name), isLink: isLink || entry.isSymbolicLink() });
    }
    folders = found;
  }
  return folders;
}
