import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { agentsCommands } from '../../../server/cli/agents-commands.ts';
import { COMMANDS, OTHER_COMMANDS } from '../../../server/cli/commands.ts';
import { compileToClaudeSettings } from '../../../services/permissions/claude-settings.ts';
import type { Policy } from '../../../services/permissions/policy.ts';
import { ask, policyOf } from '../../services/permissions/policies.ts';
import { runCli } from './run-cli.ts';

const policy: Policy = { ...policyOf({ role: { allow: ['Bash'] } }), ownCommands: agentsCommands };
const decisionOf = (command: string): string => ask(policy, 'Bash', { command }).decision;

/** Who gives one of these to agents means it: the list is what a reviewer of that change has to agree to. */
const OPEN = {
  status: 'all',
  slots: 'all',
  tasks: 'all',
  board: ['', 'list', 'show', 'summary'],
  memory: ['', 'status'],
  message: 'all',
  history: 'all',
  tokens: 'all',
  spending: 'all',
  workers: 'all',
  worker: ['diff'],
  workspace: ['list'],
  worktrees: [''],
  roles: ['', 'list', 'show'],
  repo: ['list', 'current'],
  overlaps: 'all',
  rescue: ['list', 'show'],
  router: ['', 'status'],
  embeddings: ['', 'status'],
  logs: 'all',
  permissions: ['explain', 'check'],
};

test('what agents may say at the command line is what was agreed, and nothing else', () => {
  const open = COMMANDS.filter(({ agents }) => agents !== 'nothing').map(({ name, agents }) => [
    name,
    agents,
  ]);
  expect(Object.fromEntries(open)).toEqual(OPEN);
});

test.each([...COMMANDS.map(({ name }) => name), ...OTHER_COMMANDS.map(([name]) => name), 'a-new-one'])(
  'missiond %s is denied to agents unless the command says otherwise, and a verb that nobody named always',
  (name) => {
    if (!Object.hasOwn(OPEN, name)) expect(decisionOf(`missiond ${name}`)).toBe('deny');
    else if (COMMANDS.find((one) => one.name === name)?.agents !== 'all')
      expect(decisionOf(`missiond ${name} a-new-verb`)).toBe('deny');
  },
);

describe('said by a person, not by an agent', () => {
  it.each([
    'missiond tmux shop',
    'missiond roles spawn merge-queue',
    'missiond pause --all',
    'missiond wake coder-1',
    'missiond submit --slot coder-2 x',
    'missiond board add x',
    'missiond worktrees remove 3',
    'missiond confirm coder-1 yes',
    '/usr/local/bin/missiond call mission_permission_add_auto_allow "{}"',
    'env -u MISSIOND_SLOT_ID missiond confirm',
    'missiond token create --role orchestrator',
    'missiond down',
    'm=missiond; $m confirm 1',
    'missiond $(echo attach) coder-1',
    'missiond review work/red-fox approve',
    'missiond roles --repo shop trust worker',
    'missiond roles --repo=shop trust worker',
    'missiond repo --json config check=true',
    'missiond rescue --repo shop drop fox',
    'missiond worker --repo shop land fox',
    'missiond worker $verb fox',
    'missiond attach coder-1',
    'missiond worker land calm-fox',
    'missiond worker discard shop/calm-fox',
    'missiond work "merge all of it" --role merge-queue',
    'missiond hibernate',
    'missiond-attach coder-1',
    'mission-mcp',
    "sh -c 'missiond tmux'",
    'bash -c "cd /x && npx missiond tmux"',
    'echo x | xargs missiond attach',
    'timeout 9 missiond attach coder-1',
  ])('%s', (command) => {
    expect(decisionOf(command)).toBe('deny');
  });

  it.each([
    'npx',
    'npx -y',
    'npx --package missiond',
    'npx -p missiond --',
    'bunx',
    'npm exec',
    'npm exec --',
    'npm x -w here',
    'pnpm',
    'pnpm exec',
    'pnpm --filter here dlx',
    'yarn',
    'yarn dlx',
    'bun x',
    'FOO=1 env BAR=2',
  ])('through %s', (launcher) => {
    for (const said of ['missiond attach x', 'missiond@latest tmux', 'missiond-attach x', 'mission-mcp'])
      expect(decisionOf(`${launcher} ${said}`)).toBe('deny');
  });

  it.each([
    'node /opt/missiond/dist/server/cli/missiond.js',
    'node --import ./x.js dist/server/cli/missiond.js',
    'tsx server/cli/missiond.ts',
    'bun run ./server/cli/missiond.ts',
    'deno run -A npm:missiond',
    './dist/server/cli/missiond.js',
    'node node_modules/.bin/missiond',
  ])('through %s', (start) => {
    expect(decisionOf(`${start} attach coder-1`)).toBe('deny');
    expect(decisionOf(`${start} status`)).toBe('allow');
  });
});

it.each([
  'missiond',
  'missiond --help',
  'missiond status',
  'missiond workers',
  'missiond worker diff calm-fox',
  'missiond worker --repo shop diff calm-fox',
  'missiond roles',
  'missiond roles --repo shop show worker',
  'missiond message send coder-2 x',
  'npx missiond status',
  'echo $MISSIOND_SLOT_ID',
  'npm install missiond',
  'npx vitest run test/missiond.test.ts',
  'node scripts/build.js missiond attach',
  'grep -rn missiond attach',
])('an agent may say %s', (command) => {
  expect(decisionOf(command)).toBe('allow');
});

test("what is closed stands in the session's own settings, too", () => {
  const { deny } = compileToClaudeSettings(policy, { role: 'coder', slotId: 'coder-1', version: null });
  expect(deny).toEqual(expect.arrayContaining(['Bash(missiond tmux*)', 'Bash(*/missiond attach*)']));
  expect(deny.join()).not.toContain('missiond status');
});

describe('in the terminal of a slot, whatever hides the words from the judge', () => {
  let home: string;
  beforeAll(() => {
    home = mkdtempSync(path.join(os.tmpdir(), 'missiond-own-'));
    mkdirSync(path.join(home, 'agents', 'coder-1'), { recursive: true });
    writeFileSync(path.join(home, 'agents', 'coder-1', 'door.json'), '{"token":"t"}');
  });
  afterAll(() => rmSync(home, { recursive: true, force: true }));

  it.each([['tmux'], ['attach', 'coder-2'], ['work', 'x'], ['roles', 'spawn', 'merge-queue']])(
    'missiond %s is refused before anything is asked of a daemon',
    async (...argv) => {
      const { status, err } = await runCli([...argv, '--home', home], { MISSIOND_SLOT_ID: 'coder-1' });
      expect(status).toBe(1);
      expect(err).toContain(`missiond ${argv[0]} is for a person`);
    },
  );

  it("a daemon of the agent's own, of another home, is its own affair", async () => {
    const other = mkdtempSync(path.join(os.tmpdir(), 'missiond-other-'));
    try {
      const { err } = await runCli(['tmux', '--home', other], { MISSIOND_SLOT_ID: 'coder-1' });
      expect(err).toContain('No daemon serves');
    } finally {
      rmSync(other, { recursive: true });
    }
  });
});
