import { agentCareOperations } from './agent-care.ts';
import { agentOperations } from './agents.ts';
import { auditOperations } from './audit.ts';
import { boardOperations } from './board.ts';
import { budgetOperations } from './budgets.ts';
import { claudeTaskOperations } from './claude-tasks.ts';
import { cleanupOperations } from './cleanup.ts';
import { conversationOperations } from './conversations.ts';
import { followOperations } from './follow-tasks.ts';
import { missionHandOver } from './hand-over.ts';
import { healthOperations } from './health.ts';
import { infraOperations } from './infra.ts';
import { jarvisOperations } from './jarvis.ts';
import { knowledgeOperations } from './knowledge.ts';
import { memoryOperations } from './memory.ts';
import { mergingOperations } from './merging.ts';
import { messageOperations } from './messages.ts';
import type { Operation } from './operation.ts';
import { ownQuestionOperations } from './own-questions.ts';
import { pauseOperations } from './pauses.ts';
import { permissionOperations } from './permissions.ts';
import { questionOperations } from './questions.ts';
import { repositoryOperations } from './repositories.ts';
import { roleOperations } from './roles.ts';
import { routerOperations } from './router.ts';
import { screenshotOperations } from './screenshots.ts';
import { skillContextOperations } from './skill-context.ts';
import { skillOperations } from './skills.ts';
import { slotHistoryOperations } from './slot-history.ts';
import { slotOperations } from './slots.ts';
import { triggerSwarm } from './swarm.ts';
import { taskOperations } from './tasks.ts';
import { terminalOperations } from './terminals.ts';
import { worktreeOperations } from './worktrees.ts';

/** Every operation. A new one is added to its domain's file and appears on every door. */
export const operations: readonly Operation[] = [
  ...taskOperations,
  ...followOperations,
  ...slotOperations,
  ...terminalOperations,
  ...screenshotOperations,
  ...questionOperations,
  ...budgetOperations,
  ...permissionOperations,
  ...auditOperations,
  ...boardOperations,
  ...worktreeOperations,
  ...repositoryOperations,
  ...cleanupOperations,
  ...agentOperations,
  ...ownQuestionOperations,
  missionHandOver,
  ...agentCareOperations,
  ...roleOperations,
  ...mergingOperations,
  ...conversationOperations,
  ...claudeTaskOperations,
  triggerSwarm,
  ...knowledgeOperations,
  ...infraOperations,
  ...skillOperations,
  ...skillContextOperations,
  ...healthOperations,
  ...jarvisOperations,
  ...routerOperations,
  ...memoryOperations,
  ...messageOperations,
  ...pauseOperations,
  ...slotHistoryOperations,
];

/** @throws Error for a name that a door of ours has wrong */
export function findOperation(name: string): Operation {
  const operation = operations.find((candidate) => candidate.name === name);
  if (operation === undefined) throw new Error(`no operation ${name}`);
  return operation;
}
