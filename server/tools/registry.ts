import { boardOperations } from './board.ts';
import { budgetOperations } from './budgets.ts';
import type { Operation } from './operation.ts';
import { permissionOperations } from './permissions.ts';
import { slotOperations } from './slots.ts';
import { taskOperations } from './tasks.ts';
import { terminalOperations } from './terminals.ts';
import { worktreeOperations } from './worktrees.ts';

/** Every operation. A new one is added to its domain's file and appears on every door. */
export const operations: readonly Operation[] = [
  ...taskOperations,
  ...slotOperations,
  ...terminalOperations,
  ...budgetOperations,
  ...permissionOperations,
  ...boardOperations,
  ...worktreeOperations,
];
