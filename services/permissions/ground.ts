import os from 'node:os';
import path from 'node:path';
import { nameBelow } from '../config/name-below.ts';
import { createRealPaths, type RealPaths } from './real-path.ts';
import { type GlobbedName, namesMeant } from './shell-glob.ts';
import type { ShellWord } from './shell-word.ts';

/**
 * What many rules ask about the places of one call, asked of the disk once: where the agent works, where a folder really
 * is, and how a place is called from there. Made anew for each call, because links change.
 */
export interface Ground {
  readonly cwd: string;
  readonly home: string;
  readonly placesOf: RealPaths['placesOf'];
  /** Places of a word of a shell text, those of every name included that its globs stand for. */
  placesOfWord(word: ShellWord, cwd: string): readonly string[];
  /** The folder itself, and where it really is. */
  basesOf(folder: string): readonly string[];
  /** The name of a place below a base; null when it does not lie there. The base itself is the empty name. */
  nameBelow(base: string, place: string): string | null;
}

export function createGround(cwd: string): Ground {
  const real = createRealPaths();
  const bases = new Map<string, readonly string[]>();
  const names = new Map<string, Map<string, string | null>>();
  /** Where it is named and where it really is; only the folder has to be followed, unless it is a link itself. */
  const placesOfName = ({ file, isLink }: GlobbedName): readonly string[] =>
    isLink
      ? real.placesOf(file, cwd)
      : basesOf(path.dirname(file)).map((folder) => path.join(folder, path.basename(file)));
  const basesOf = (folder: string): readonly string[] => {
    const known = bases.get(folder);
    if (known !== undefined) return known;
    const found = [...new Set([folder, real.of(folder)])];
    bases.set(folder, found);
    return found;
  };
  return {
    cwd,
    home: os.homedir(),
    placesOf: real.placesOf,
    basesOf,
    placesOfWord: (word, from) => [
      ...real.placesOf(word.text, from),
      ...namesMeant(word, from).flatMap(placesOfName),
    ],
    nameBelow(base, place) {
      let below = names.get(base);
      if (below === undefined) {
        below = new Map();
        names.set(base, below);
      }
      const known = below.get(place);
      if (known !== undefined) return known;
      const name = nameBelow(base, place);
      below.set(place, name);
      return name;
    },
  };
}
