import type { QuestionView } from '../mission/views.ts';
import type { SlotConfiguration } from '../slot-runtime.ts';

/** What the agent itself asks for. The others are Claude Code's own dialogs, whose refusal may end the session. */
const DENIED_BY_TIME: ReadonlySet<QuestionView['kind']> = new Set(['permission', 'question', 'plan']);

/** How long a question waits before it is denied, in milliseconds; null for as long as it takes. */
export function waitsFor(
  { confirmWithinMinutes }: Pick<SlotConfiguration, 'confirmWithinMinutes'>,
  kind: QuestionView['kind'],
): number | null {
  return confirmWithinMinutes === null || !DENIED_BY_TIME.has(kind) ? null : confirmWithinMinutes * 60_000;
}
