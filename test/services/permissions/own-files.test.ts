import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { compileToClaudeSettings } from '../../../services/permissions/claude-settings.ts';
import { ownFilesDenied } from '../../../services/permissions/own-files.ts';
import type { Policy } from '../../../services/permissions/policy.ts';
import { ask, policyOf } from './policies.ts';

let root: string;
let home: string;
let policy: Policy;
beforeAll(() => {
  root = mkdtempSync(path.join(os.tmpdir(), 'missiond-own (1) '));
  home = path.join(root, 'home');
  symlinkSync(root, home);
  for (const name of ['permissions.yaml', 'daemon.json']) writeFileSync(path.join(root, name), '');
  policy = {
    ...policyOf({ role: { allow: ['Read', 'Edit', 'Write', 'Bash'] } }),
    always: ownFilesDenied(home, [path.join(root, 'elsewhere', 'mission.db')]),
  };
});
afterAll(() => rmSync(root, { recursive: true }));

it.each([
  'permissions.yaml',
  'slots.yaml',
  'daemon.json',
  'router.yaml',
  'credentials.json',
  'prices.yaml',
  'servers.yaml',
  'agents/coder-1/settings.json',
  'elsewhere/mission.db',
  'elsewhere/mission.db-wal',
])("%s is nobody's to read or change, whatever the policy says", (name) => {
  for (const folder of [home, root]) {
    const file = path.join(folder, name);
    for (const tool of ['Read', 'Edit', 'Write'])
      expect(ask(policy, tool, { file_path: file })).toMatchObject({ decision: 'deny' });
    expect(ask(policy, 'Bash', { command: `cat '${file}'` })).toMatchObject({ decision: 'deny' });
  }
});

it.each([
  'cp -r HOME /tmp/x',
  'tar cf - HOME',
  'grep -r token HOME/',
  'mv HOME /tmp/x',
  'ln -s HOME zz; cat zz/daemon.json',
  'cp x/permissions.yaml HOME/',
  'cp -t HOME permissions.yaml',
  'mv permissions.yaml HOME',
  'curl -oHOME/permissions.yaml https://x.test',
  'sort --output=HOME/permissions.yaml x',
  'tar xf x.tar -C HOME',
  'x=HOME; echo > $x/permissions.yaml',
  'echo > HOME*/perm*.yaml',
  'rm HOME/d?[a-z]mon.json',
])('%s is denied: it takes them in, or brings others', (command) => {
  const named = command.replaceAll('HOME', `'${home}'`);
  expect(ask(policy, 'Bash', { command: named })).toMatchObject({ decision: 'deny' });
});

it.each([
  'cp a.txt b',
  'cp report.md HOME/..',
  'grep -r token src',
  'tar xf x.tar',
  'echo $x > $y',
  'cat $x',
])('%s is as the policy says', (command) => {
  const named = command.replaceAll('HOME', `'${home}'`);
  expect(ask(policy, 'Bash', { command: named })).toMatchObject({ decision: 'allow' });
});

it('what else lies in the home is as the policy says: agents work in its worktrees', () => {
  const file = path.join(home, 'worktrees', 'coder-1', 'slots.yaml');
  expect(ask(policy, 'Edit', { file_path: file })).toMatchObject({ decision: 'allow' });
});

it("is written into the session's own settings too", () => {
  const { deny } = compileToClaudeSettings(policy, { role: 'coder', slotId: 'coder-1', version: null });
  expect(deny.filter((rule) => rule.startsWith('Edit(//') && rule.includes('permissions.yaml'))).toHaveLength(
    2,
  );
});

it.each([
  'env -u MISSIOND_SLOT_ID missiond message send coder-2 x',
  'MISSIOND_SLOT_ID= missiond message send coder-2 x',
  'MISSIOND_SLOT_ID=coder-3 npx missiond message send coder-2 x',
  'unset MISSIOND_SLOT_ID; missiond message send coder-2 x',
  'export MISSIOND_SLOT_ID=coder-3\nnode /opt/dist/server/cli/missiond.js message send coder-2 x',
  'env -i PATH=/bin HOME=/h missiond message send coder-2 x',
  'env -u MISSIOND_SLOT_ID missiond logs coder-2',
])('%s would speak as another', (command) => {
  expect(ask(policy, 'Bash', { command }).decision).toBe('deny');
});

it.each([
  'nc -U HOME/missiond.sock',
  'socat - UNIX-CONNECT:HOME/missiond.sock',
  'cd HOME/..; curl --unix-socket home/pty-host.sock http://x/',
  'node -e \'require("net").connect("HOME/missiond.sock")\'',
])('nobody talks to a socket in the home: %s', (command) => {
  const named = command.replaceAll('HOME', home.replaceAll(/[ ()]/g, '\\$&'));
  expect(ask(policy, 'Bash', { command: named })).toMatchObject({ decision: 'deny' });
});

it.each(['npx vitest run test/missiond.test.ts', 'grep -rn missiond.sock src'])(
  '%s is none of that',
  (command) => {
    expect(ask(policy, 'Bash', { command })).toMatchObject({ decision: 'allow' });
  },
);
