import { AgentName, RepositoryName, SlotId } from '../../db/ids.ts';
import type { AgentRow } from '../../services/ledger/agent-ledger.ts';
import { role } from './mission-stage.ts';

/** An agent that works. */
export const agentRow = (change: Partial<AgentRow> = {}): AgentRow => ({
  slotId: SlotId.parse('shop.busy-owl'),
  repository: RepositoryName.parse('shop'),
  name: AgentName.parse('busy-owl'),
  role,
  kind: 'worker',
  status: 'active',
  branch: 'work/busy-owl',
  ownsBranch: true,
  base: '0'.repeat(40),
  gitFolder: '/tmp/shop/.git',
  worktree: '/tmp/worktrees/shop/busy-owl',
  portBlock: null,
  portCount: null,
  setUpBegunAt: null,
  staysAtBase: false,
  refreshingFrom: null,
  createdBy: 'test',
  createdAt: 1,
  task: null,
  taskId: null,
  pullRequest: null,
  completion: null,
  rescue: null,
  trouble: null,
  endedAt: null,
  ...change,
});
