import type { SlotId } from '../../db/ids.ts';
import type { TaskRow } from '../../services/ledger/task-ledger.ts';
import type { MissionCore } from '../core.ts';
import type { SlotView } from './views.ts';

type QueuedFor = Pick<TaskRow, 'role' | 'pinnedSlotId' | 'requires'>;

/** More slots than these are counted, not named. */
const MOST_NAMED = 5;

const timeOf = (at: number): string => new Date(at).toISOString();

function obstacleOf(slot: SlotView): string {
  const {
    paused,
    currentTaskId,
    status,
    conversation,
    attachment,
    composer,
    pendingConfirmation,
    statusText,
    failure,
    startsAgainAt,
    trouble,
    broughtFor,
  } = slot;
  if (paused !== undefined) {
    const until = paused.until === undefined ? '' : ` until ${timeOf(paused.until)}`;
    return `is paused${until}: ${paused.why}`;
  }
  if (status === 'quarantined') return `is quarantined: ${failure ?? 'it failed too often.'}`;
  if (currentTaskId !== undefined) return `works on task ${currentTaskId}`;
  if (broughtFor !== undefined) return `is being brought to the folder of task ${broughtFor}`;
  if (status === 'stopped') return 'is being started';
  if (status !== 'live') return `is ${status}`;
  if (conversation === 'limited') {
    const until = startsAgainAt === undefined ? '' : ` and goes on at ${timeOf(startsAgainAt)}`;
    return `has reached a usage limit${until}: ${statusText ?? ''}`.trimEnd();
  }
  if (trouble === 'needs_login') return 'is signed out: sign in there with missiond attach and /login';
  if (trouble === 'api_down') return 'waits for the API, which does not answer';
  if (attachment === 'takenOver') return 'is used by a person';
  if (composer === 'personDraft') return 'has a draft of a person in its prompt box';
  if (pendingConfirmation !== undefined) return `asks: ${pendingConfirmation.question}`;
  return `is not ready (${conversation})`;
}

/** Why a task is not begun at once, slot by slot: who could do it, what each does, and until when. */
export function whyItWaits(core: MissionCore, candidates: readonly SlotId[]): string {
  const named = candidates.slice(0, MOST_NAMED).map((slotId) => `${slotId} ${obstacleOf(core.view(slotId))}`);
  const others = candidates.length - named.length;
  return [...named, ...(others > 0 ? [`and ${others} more`] : [])].join('; ');
}

/** Why the session of a slot is not ready to go on with the task that the slot still has. */
export function whyNotBack(core: MissionCore, slotId: SlotId): string {
  const { currentTaskId: _, ...slot } = core.view(slotId);
  return `${slotId} ${obstacleOf(slot)}`;
}

/** Why a queued task is given to nobody: who could do it, and what each does, or that nobody is configured who could. */
export function whyQueued(core: MissionCore, { role, pinnedSlotId, requires }: QueuedFor): string {
  const fit = [...core.runtimes.values()]
    .map(({ configuration }) => configuration)
    .filter((slot) => (pinnedSlotId === null ? slot.role === role : slot.id === pinnedSlotId))
    .filter(({ traits }) => (requires ?? []).every((trait) => traits.includes(trait)));
  if (fit.length > 0)
    return whyItWaits(
      core,
      fit.map(({ id }) => id),
    );
  const whom = pinnedSlotId === null ? `No slot of the role ${role}` : `No slot ${pinnedSlotId}`;
  const traits = requires === null || requires.length === 0 ? '' : ` with ${requires.join(', ')}`;
  return `${whom}${traits} is in slots.yaml any more. Put one there and start the daemon again, or cancel the task.`;
}
