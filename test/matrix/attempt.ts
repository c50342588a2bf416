import type { Payload } from './payloads.ts';
import { draftOf, isFree, type Stage, standing } from './stage.ts';

/** What became of one delivery. */
export type Outcome =
  | { readonly result: 'delivered' }
  | { readonly result: 'refused'; readonly code: string; readonly message: string }
  | { readonly result: 'wrong'; readonly why: string };

type Failure = Extract<Awaited<ReturnType<Stage['deliver']>>, { ok: false }>['failure'];

/** Codes with which a payload is refused for what it is, wherever it is sent. */
const ABOUT_THE_TEXT: readonly string[] = ['prompt_empty', 'prompt_refused', 'prompt_too_long'];
const DRAFT = 'my own words';

const wrong = (why: string): Outcome => ({ result: 'wrong', why });

function glimpse(text: string): string {
  return text.length > 80 ? `${text.slice(0, 40)}…${text.slice(-40)} (${text.length})` : text;
}

/** Right when nothing was sent, nothing was executed, and the reason is the text or the expected one. */
function refusal(
  stage: Stage,
  mark: ReturnType<Stage['mark']>,
  failure: Failure,
  expected?: string,
): Outcome {
  const { code, message } = failure;
  const { submitted } = stage.since(mark);
  if (submitted.length > 0) return wrong(`refused, but sent: ${submitted.map(glimpse).join(' | ')}`);
  if (code !== expected && !ABOUT_THE_TEXT.includes(code)) return wrong(`${code}: ${message}`);
  return executed(stage) ?? { result: 'refused', code, message };
}

/** What must never happen, whatever was sent: a command that ran. */
function executed(stage: Stage): Outcome | null {
  const files = stage.files();
  return files.length === 0 ? null : wrong(`executed: the working directory holds ${files.join(', ')}`);
}

/** Right when the session took one prompt, the model received the payload's words, and the turn ended. */
async function arrival(
  stage: Stage,
  mark: ReturnType<Stage['mark']>,
  { text, words = text, isEmpty = false }: Payload,
): Promise<Outcome> {
  await stage.see('the end of the turn', ({ level }) => level === 'idle' && stage.since(mark).ended > 0);
  const { submitted, received } = stage.since(mark);
  if (isEmpty) return wrong(`sent: "${submitted.join(' | ')}"`);
  if (submitted.length !== 1) return wrong(`sent ${submitted.length} times`);
  // To 2.1.30 side requests look like the conversation's and repeat its words.
  const other = received.find((prompt) => prompt !== words.trim());
  if (other !== undefined) return wrong(`the model received "${glimpse(other)}"`);
  return executed(stage) ?? { result: 'delivered' };
}

/** The words must arrive, once, and leave the session as it was; unless the text itself is what cannot be sent. */
export async function mustArrive(stage: Stage, payload: Payload): Promise<Outcome> {
  const mark = stage.mark();
  const typed = await stage.deliver(payload.text);
  if (typed.ok) return await arrival(stage, mark, payload);
  if (!isFree(stage.reading())) return wrong(`${typed.failure.message} It was not taken back.`);
  return refusal(stage, mark, typed.failure);
}

/** Nothing may be typed: what stands on the screen stays as it is, and the refusal says why. */
export function mustBeRefused(code: string) {
  return async (stage: Stage, { text }: Payload): Promise<Outcome> => {
    const mark = stage.mark();
    const before = standing(stage.reading());
    const typed = await stage.deliver(text);
    if (typed.ok) return wrong('delivered where it must not be');
    const after = standing(stage.reading());
    return after === before
      ? refusal(stage, mark, typed.failure, code)
      : wrong(`refused, but the screen shows ${after}`);
  };
}

/** A person's keys come while the delivery is typed: they wait, and stand in the box as a draft afterwards. */
export async function mustArriveBeforeKeys(stage: Stage, payload: Payload): Promise<Outcome> {
  await stage.rest();
  const mark = stage.mark();
  const delivering = stage.deliver(payload.text);
  await stage.type(DRAFT);
  const typed = await delivering;
  const become = typed.ok ? `after ${stage.since(mark).submitted.length} prompts` : typed.failure.message;
  await stage.see(`the draft "${DRAFT}" (${become})`, (reading) => draftOf(reading) === DRAFT);
  const outcome = typed.ok ? await arrival(stage, mark, payload) : refusal(stage, mark, typed.failure);
  await stage.erase();
  return outcome;
}

/** A person has begun to type, and goes on while the delivery is tried: their words stay whole. */
export async function mustLeaveDraft(stage: Stage, { text }: Payload): Promise<Outcome> {
  const mark = stage.mark();
  const begun = Math.ceil(DRAFT.length / 3);
  await stage.type(DRAFT.slice(0, begun));
  await stage.see('the first keys', (reading) => draftOf(reading) !== '');
  const typing = stage.type(DRAFT.slice(begun));
  const typed = await stage.deliver(text);
  await typing;
  await stage.see(`the draft "${DRAFT}"`, (reading) => draftOf(reading) === DRAFT);
  await stage.erase();
  if (typed.ok) return wrong("typed into a person's words");
  return refusal(stage, mark, typed.failure, 'composer_occupied');
}

/** The task is cancelled as soon as its first words stand in the box: they are taken back, or arrive whole. */
export async function mustBeTakenBack(stage: Stage, payload: Payload): Promise<Outcome> {
  const mark = stage.mark();
  const cancellation = new AbortController();
  const delivering = stage.deliver(payload.text, cancellation.signal);
  await Promise.race([stage.see('the first words', (reading) => !isFree(reading)), delivering]);
  cancellation.abort();
  const typed = await delivering;
  await stage.rest();
  return typed.ok ? await arrival(stage, mark, payload) : refusal(stage, mark, typed.failure, 'cancelled');
}
