import type { SlotId } from '../../db/ids.ts';
import type { Chain, MessageLedger } from '../../services/ledger/message-ledger.ts';
import { isWorkspace } from '../agents/is-workspace.ts';
import type { MissionCore } from '../core.ts';

/**
 * So many messages may follow from one another, from agent to agent, without anything from a person and without a task
 * between them: ten questions and their answers. Two that thank each other would go on for ever, and pay for each word.
 */
export const MOST_HOPS = 20;

export interface ChainDependencies {
  readonly core: Pick<MissionCore, 'agents' | 'occupied' | 'runtimes' | 'tasks'>;
  readonly ledger: Pick<MessageLedger, 'chainTo'>;
}

/** Tells the how-manieth message of a chain the next one is: what an agent says of itself, for a task or a person, is the first. */
export function createChain({ core, ledger }: ChainDependencies) {
  /** It works on something that was given to it, and that ends. */
  function isAtWork(slotId: SlotId): boolean {
    const taskId = core.occupied.get(slotId);
    const kind = taskId === undefined ? undefined : core.tasks.get(taskId)?.kind;
    return kind !== undefined && kind !== 'message';
  }

  return function nextOf(sender: SlotId | null): Chain {
    if (sender === null) return { hops: 0, since: 0 };
    const { hops, since } = ledger.chainTo(sender);
    return { hops: isAtWork(sender) || isWorkspace(core, sender) ? 1 : hops + 1, since };
  };
}
