import { stripVTControlCharacters } from 'node:util';

/** C0 but for line feed and tab, DEL, and C1, which terminals obey as well. */
const CONTROL = /[\x00-\x08\x0b-\x1f\x7f-\x9f]/g;
/** `JSON.stringify` escapes C0 only. */
const UNESCAPED = /[\x7f-\x9f]/g;

/**
 * Text that may hold what an agent wrote, without anything that a terminal would obey (title, clipboard, clearing the
 * screen). `--json` carries every character.
 */
export function safeText(text: string): string {
  return stripVTControlCharacters(text).replace(CONTROL, '');
}

/** JSON that means the same as ever and holds nothing that a terminal would obey. */
export function safeJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(
    UNESCAPED,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
