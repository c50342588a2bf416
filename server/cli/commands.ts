import type { Command } from './command.ts';
import { audit } from './commands/audit.ts';
import { board } from './commands/board.ts';
import { cleanup, overlaps, rescue } from './commands/cleanup.ts';
import { confirm } from './commands/confirm.ts';
import { conversations } from './commands/conversations.ts';
import { down, up } from './commands/daemon.ts';
import { bug, diagnostics } from './commands/diagnostics.ts';
import { discover } from './commands/discover.ts';
import { doctor } from './commands/doctor.ts';
import { embeddings } from './commands/embeddings.ts';
import { explain } from './commands/explain.ts';
import { health } from './commands/health.ts';
import { hibernate } from './commands/hibernate.ts';
import { history } from './commands/history.ts';
import { infra } from './commands/infra.ts';
import { logs } from './commands/logs.ts';
import { memory } from './commands/memory.ts';
import { merge, review } from './commands/merge.ts';
import { message } from './commands/message.ts';
import { pause, wake } from './commands/pause.ts';
import { permissions } from './commands/permissions.ts';
import { question } from './commands/question.ts';
import { refresh } from './commands/refresh.ts';
import { repair } from './commands/repair.ts';
import { repo } from './commands/repo.ts';
import { roles } from './commands/roles.ts';
import { router } from './commands/router.ts';
import { screenshot } from './commands/screenshot.ts';
import { skills } from './commands/skills.ts';
import { restart, slots, status } from './commands/slots.ts';
import { resume, spending } from './commands/spending.ts';
import { swarm } from './commands/swarm.ts';
import { ask, call, submit, tasks } from './commands/tasks.ts';
import { tmux } from './commands/tmux.ts';
import { todos } from './commands/todos.ts';
import { token } from './commands/token.ts';
import { tokens } from './commands/tokens.ts';
import { work } from './commands/work.ts';
import { worker } from './commands/worker.ts';
import { workers } from './commands/workers.ts';
import { workspace } from './commands/workspace.ts';
import { worktrees } from './commands/worktrees.ts';

export const COMMANDS: readonly Command[] = [
  up,
  down,
  status,
  slots,
  restart,
  submit,
  ask,
  swarm,
  tasks,
  confirm,
  question,
  board,
  conversations,
  todos,
  memory,
  message,
  history,
  tokens,
  spending,
  resume,
  pause,
  wake,
  work,
  workers,
  worker,
  workspace,
  hibernate,
  refresh,
  repair,
  worktrees,
  roles,
  merge,
  review,
  repo,
  cleanup,
  overlaps,
  rescue,
  router,
  discover,
  infra,
  skills,
  embeddings,
  call,
  screenshot,
  logs,
  tmux,
  explain,
  permissions,
  token,
  audit,
  doctor,
  health,
  diagnostics,
  bug,
];
/** Commands with arguments of their own; no agent may say them. */
export const OTHER_COMMANDS = [
  ['attach', "an agent's terminal (as missiond-attach)"],
  ['replay', 'play a recording of a session through the statechart'],
] as const;
