import type { SlotId } from '../../db/ids.ts';
import type { MissionCore } from '../core.ts';

/** An agent that reads nothing any more, and what whoever writes to it can do. */
export interface EndedAgent {
  readonly what: string;
  readonly remedy: string;
}

/** Whose work has ended, or whose worktree is gone; null for one that reads what it is told, now or when it is woken. */
export function endedAgent({ agents }: Pick<MissionCore, 'agents'>, slotId: SlotId): EndedAgent | null {
  const agent = agents.get(slotId);
  const others = `or write to somebody else: role:supervisor@${agent?.repository}, person.`;
  switch (agent?.status) {
    case 'completed':
      return {
        what: `${slotId} has completed its work and reads no messages.`,
        remedy: `Give it more to do, in which you say it: mission_worker_task {"name": "${agent.repository}/${agent.name}", "task": …}; ${others}`,
      };
    case 'removed':
      return {
        what: `${slotId} was removed: its worktree is gone.`,
        remedy: `Have another agent made for it; ${others}`,
      };
    default:
      return null;
  }
}
