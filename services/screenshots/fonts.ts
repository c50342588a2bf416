import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { z } from 'zod';

const require = createRequire(import.meta.url);

/** Names under which fonts are registered. They are ours, so that no font of the machine is meant. */
const MONO = 'missiond mono';
const EMOJI = 'missiond emoji';
/** Before this no font of ours for Chinese, Japanese and Korean holds anything that the others lack. */
const FIRST_OF_EAST_ASIA = 0x2e80;
/** Drawn in colour: what is an emoji by itself, or is said to be one. */
const IS_EMOJI = /\p{Emoji_Presentation}|\ufe0f|\u20e3/u;
const IS_HANGUL = /^\p{Script=Hangul}/u;

/** Takes the bytes of a font under a name. */
export type RegisterFont = (bytes: Buffer, name: string) => void;

export interface Fonts {
  /** The families to draw a character with, the first that has it counts, as CSS lists them. */
  familiesFor(text: string): string;
}

function folderOf(packageFile: string): string {
  return path.dirname(packageFile);
}

/** A package that was left out of the installation. */
function optional(resolve: () => string): string | null {
  try {
    return folderOf(resolve());
  } catch {
    return null;
  }
}

interface EastAsianFont {
  familyOf(codePoint: number): string | null;
}

const Ranges = z.record(z.string(), z.string());

function parseRange(range: string): readonly [number, number] {
  const [first = '', last = first] = range.replace('U+', '').split('-');
  return [Number.parseInt(first, 16), Number.parseInt(last, 16)];
}

/** A font that comes in a hundred pieces of which each holds some characters: only what is needed is loaded. */
function openEastAsian(folder: string, register: RegisterFont): EastAsianFont {
  const name = path.basename(folder);
  const pieces = Object.entries(
    Ranges.parse(JSON.parse(readFileSync(path.join(folder, 'unicode.json'), 'utf8'))),
  ).map(([key, ranges]) => ({ key: key.replace(/[[\]]/g, ''), ranges: ranges.split(',').map(parseRange) }));
  const loaded = new Set<string>();
  return {
    familyOf(codePoint) {
      const piece = pieces.find(({ ranges }) =>
        ranges.some(([first, last]) => codePoint >= first && codePoint <= last),
      );
      if (piece === undefined) return null;
      const family = `missiond ${name} ${piece.key}`;
      if (!loaded.has(piece.key)) {
        loaded.add(piece.key);
        register(readFileSync(path.join(folder, 'files', `${name}-${piece.key}-wght-normal.woff2`)), family);
      }
      return family;
    },
  };
}

/** Registers every upright font of usual weight in a package, each under its own name. */
function registerSymbols(folder: string, register: RegisterFont): readonly string[] {
  const files = path.join(folder, 'files');
  return readdirSync(files)
    .filter((file) => file.endsWith('-400-normal.woff2'))
    .map((file) => {
      const family = `missiond ${path.basename(file, '.woff2')}`;
      register(readFileSync(path.join(files, file)), family);
      return family;
    });
}

const quoted = (families: readonly string[]): string => families.map((one) => `"${one}"`).join(',');

/** The fonts that come with missiond. What is in none of them is drawn with one of the machine, or as an empty box. */
export function openFonts(register: RegisterFont): Fonts {
  const mono = folderOf(require.resolve('@fontsource/dejavu-mono/package.json'));
  for (const style of ['400-normal', '700-normal', '400-italic', '700-italic'])
    register(readFileSync(path.join(mono, 'files', `dejavu-mono-latin-${style}.woff2`)), MONO);
  const symbols = [
    require.resolve('@fontsource/noto-sans-symbols/package.json'),
    require.resolve('@fontsource/noto-sans-symbols-2/package.json'),
    require.resolve('@fontsource/noto-sans-math/package.json'),
  ].flatMap((file) => registerSymbols(folderOf(file), register));
  const emoji = folderOf(require.resolve('twemoji-colr-font/package.json'));
  register(readFileSync(path.join(emoji, 'twemoji.woff2')), EMOJI);
  const chinese = optional(() => require.resolve('@fontsource-variable/noto-sans-sc/package.json'));
  const korean = optional(() => require.resolve('@fontsource-variable/noto-sans-kr/package.json'));
  const eastAsian = {
    chinese: chinese === null ? null : openEastAsian(chinese, register),
    korean: korean === null ? null : openEastAsian(korean, register),
  };
  const usual = quoted([MONO, ...symbols, EMOJI]);
  const coloured = quoted([EMOJI, MONO, ...symbols]);

  function eastAsianFamily(text: string): string | null {
    const codePoint = text.codePointAt(0) ?? 0;
    if (codePoint < FIRST_OF_EAST_ASIA) return null;
    const { chinese: first, korean: second } = eastAsian;
    // The Chinese font has Japanese and no Korean letters.
    const inOrder = IS_HANGUL.test(text) ? [second, first] : [first, second];
    for (const font of inOrder) {
      const family = font?.familyOf(codePoint) ?? null;
      if (family !== null) return family;
    }
    return null;
  }

  return {
    familiesFor(text) {
      if (IS_EMOJI.test(text)) return coloured;
      const family = eastAsianFamily(text);
      return family === null ? usual : `${quoted([family])},${usual}`;
    },
  };
}
