import { redactTokens } from '../../db/redact-tokens.ts';
import type { KnowledgeWords } from '../../db/schema/knowledge.ts';
import { isWithin, NEVER_SHOWN } from './category.ts';
import { createAddressVeil } from './hide-addresses.ts';
import { holdsSecret } from './secret-words.ts';

/** Models read some 8,000 tokens; a CJK letter may be two of them. */
const MOST_CHARACTERS = 3_500;

/** How much of a text is given to a model that has refused it so often: it may have been too long. */
export const charactersAfter = (refusals: number): number => MOST_CHARACTERS >> refusals;

/** A text as a model elsewhere is given it, without addresses; null for one that nobody elsewhere is given. */
export function textToEmbed(text: string, refusals = 0): string | null {
  // Looked at whole: a cut would hide what a secret is.
  if (holdsSecret(text)) return null;
  return createAddressVeil().hide(redactTokens(text)).slice(0, charactersAfter(refusals));
}

/** What an entry says, to be embedded; null for one that no model elsewhere is shown. */
export function entryToEmbed(
  { category, key, summary, detail }: KnowledgeWords,
  refusals = 0,
): string | null {
  if (isWithin(category, NEVER_SHOWN)) return null;
  return textToEmbed(
    `${category}: ${key}\n${summary}${detail === null ? '' : `\n${JSON.stringify(detail)}`}`,
    refusals,
  );
}
