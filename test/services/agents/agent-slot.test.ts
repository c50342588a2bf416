import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AgentName, RepositoryName, Role, SlotId } from '../../../db/ids.ts';
import { agentSlot } from '../../../services/agents/agent-slot.ts';
import { loadSlots } from '../../../services/config/slots-file.ts';
import { compileToClaudeSettings } from '../../../services/permissions/claude-settings.ts';
import { NO_RULES } from '../../../services/permissions/policy.ts';
import { readRoles } from '../../../services/roles/read-roles.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(path.join(os.tmpdir(), 'missiond-agent-slot-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** The slot of a worker, with what slots.yaml says of all agents. */
function slotWith(
  agents: string,
  ports: { base: number; size: number } | null = null,
  branch: string | null = 'work/calm-fox',
) {
  const file = path.join(directory, 'slots.yaml');
  writeFileSync(file, `slots: []\nagents: ${agents}\n`);
  const { roles } = readRoles({ home: directory, repositoryPath: null });
  const row = {
    slotId: SlotId.parse('shop.calm-fox'),
    repository: RepositoryName.parse('shop'),
    name: AgentName.parse('calm-fox'),
    role: Role.parse('worker'),
    kind: 'worker',
    status: 'active',
    branch,
    ownsBranch: true,
    base: 'HEAD',
    gitFolder: directory,
    worktree: directory,
    portBlock: ports?.base ?? null,
    portCount: ports?.size ?? null,
    setUpBegunAt: null,
    staysAtBase: false,
    refreshingFrom: null,
    createdBy: 'cli',
    createdAt: 0,
    task: null,
    taskId: null,
    pullRequest: null,
    completion: null,
    rescue: null,
    trouble: null,
    endedAt: null,
  } as const;
  return agentSlot(row, loadSlots(file), undefined, roles.get('worker'));
}

test('an agent is reminded as its role says, unless slots.yaml says otherwise of all agents', () => {
  expect(slotWith('{}').nudge).toEqual({ afterMinutes: 10 });
  expect(slotWith('{ nudge: { afterMinutes: 3 } }').nudge).toEqual({ afterMinutes: 3 });
  expect(slotWith('{ nudge: null }').nudge).toBeNull();
});

test('an agent is told its ports at every start, beside what slots.yaml says of all agents', () => {
  expect(slotWith('{}').variables).toEqual({});
  const { variables, env } = slotWith('{ env: { PORT: "3000" } }', { base: 20_010, size: 10 });
  expect(variables).toEqual({ PORT: '20010', MISSIOND_PORT_BASE: '20010', MISSIOND_PORT_COUNT: '10' });
  expect(env).toEqual({ PORT: '3000' });
});

test('an agent without a branch writes and commits nothing, whatever its role allows', () => {
  const settingsOf = (branch: string | null) =>
    compileToClaudeSettings(
      { default: NO_RULES, roles: {}, slots: {} },
      {
        role: 'worker',
        slotId: 's',
        version: '2.1.329',
        definition: slotWith('{}', null, branch).definition,
      },
    );
  const writes = [
    'Edit',
    'Write',
    'NotebookEdit',
    'Bash(git commit*)',
    'Bash(git stash*)',
    'Bash(git branch -f*)',
    'Bash(git update-ref*)',
  ];
  expect(settingsOf(null).deny).toEqual(expect.arrayContaining(writes));
  expect(settingsOf('work/calm-fox').deny.filter((rule) => writes.includes(rule))).toEqual([]);
});
