import { wordsOf } from './similarity.ts';

/** Of a prompt only its beginning and its end say what it is about; what lies between is often pasted. */
const MOST_CHARACTERS = 4_000;
/** Words that are in most prompts and tell nothing of what they are about. */
const EMPTY = new Set(
  `a about add after all also an and any are as at be because been before but by can could do does done down each else etc
   every file files find first fix for from get give go good has have he help her here him his how if in into is it its just
   keep know let like look make many may me more most must my need new no not now of on one only or other our out over
   please put say see she should show so some such sure tell than that the their them then there these they this those to
   too try under up use used using very want was way we well were what when where which while who why will with work would
   write yes you your`.split(/\s+/),
);

/** The words of a prompt by which something that bears on it may be found. */
export function promptWords(prompt: string): ReadonlySet<string> {
  const text =
    prompt.length <= MOST_CHARACTERS
      ? prompt
      : `${prompt.slice(0, MOST_CHARACTERS / 2)} ${prompt.slice(-MOST_CHARACTERS / 2)}`;
  return new Set([...wordsOf(text)].filter((word) => !EMPTY.has(word)));
}
