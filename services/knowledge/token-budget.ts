import { hasCjk } from '../conversations/cjk-letters.ts';

const LETTERS_A_TOKEN = 4;

/** Roughly how many tokens a text takes: four letters one, of Chinese, Japanese and Korean each letter one. */
function roughTokens(text: string): number {
  if (!hasCjk(text)) return Math.ceil(text.length / LETTERS_A_TOKEN);
  return [...text].reduce((sum, letter) => sum + (hasCjk(letter) ? 1 : 1 / LETTERS_A_TOKEN), 0);
}

/** The first ones that fit together; one that is too long for what is left is passed over. */
export function withinBudget<Item>(
  items: readonly Item[],
  textOf: (item: Item) => string,
  tokens: number,
): readonly Item[] {
  let left = tokens;
  return items.filter((item) => {
    const cost = roughTokens(textOf(item));
    if (cost > left) return false;
    left -= cost;
    return true;
  });
}
