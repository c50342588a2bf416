import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { stringify } from 'yaml';
import { SCRIPTED_API_KEY } from '../../../server/demo/embedded-home.ts';
import { ensureClaudeCode } from '../../../services/claude/install.ts';
import { createWorld, type World } from '../world.ts';
import { teamModel } from './team-model.ts';

/** The roles' own definitions say what else they may. */
const POLICY = `default: {}
roles:
  worker: { allow: ["Bash(./put *)", "Bash(./wait-for *)"] }
slots: {}
`;

export interface TeamWorld extends World {
  /** The person's working tree. */
  readonly project: string;
  /** Lets everybody on who waits for it. */
  open(gate: string): void;
  /** Whether an agent has come to a gate. */
  isAt(gate: string, agent: string): boolean;
  /** Git in the person's working tree. */
  git(...args: readonly string[]): string;
  /** Git in the bare remote. */
  remote(...args: readonly string[]): string;
  /** What the check command was asked about, in order. */
  readonly checks: string;
}

/** A repository with a bare remote, and agents that do what `team-plans.ts` says. */
export async function createTeamWorld(): Promise<TeamWorld> {
  const command = (await ensureClaudeCode()).file;
  const world = await createWorld({
    slots: [],
    permissionsYaml: POLICY,
    script: (_, request) => teamModel(request),
  });
  const agents = {
    command,
    permissionMode: 'manual',
    trustCwd: true,
    env: {
      HOME: world.claudeHome,
      ANTHROPIC_BASE_URL: world.model.url,
      ANTHROPIC_API_KEY: SCRIPTED_API_KEY,
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    },
  };
  writeFileSync(path.join(world.home, 'slots.yaml'), stringify({ slots: [], agents }), { mode: 0o600 });
  const folder = path.dirname(world.home);
  const [project, origin, gates] = ['shop', 'origin.git', 'gates'].map((name) => path.join(folder, name));
  const checks = path.join(folder, 'checks');
  const gitIn =
    (cwd: string) =>
    (...args: readonly string[]): string =>
      execFileSync('git', ['-C', cwd, ...args], {
        env: { PATH: process.env['PATH'], HOME: world.claudeHome },
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      }).trim();
  if (project === undefined || origin === undefined || gates === undefined) throw new Error('three names');
  for (const place of [project, gates]) mkdirSync(place);
  const git = gitIn(project);
  git('init', '-q', '-b', 'trunk');
  git('config', '--global', 'user.name', 'Agent');
  git('config', '--global', 'user.email', 'agent@example.org');
  const program = (name: string, text: string): void =>
    writeFileSync(path.join(project, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  program('put', 'file=$1; shift; printf "%s\\n" "$@" > "$file"');
  program('wait-for', `: > "${gates}/$1-$(basename "$PWD")"; until [ -e "${gates}/$1" ]; do sleep 0.1; done`);
  program(
    'check',
    `echo "$(cat list.txt | tr "\\n" " ")" >> ${checks}\ntest ! -e broken.txt || exit 1\n! grep -q "apples 2" list.txt || ./wait-for merge`,
  );
  writeFileSync(path.join(project, 'list.txt'), 'bread\n');
  git('add', '.');
  git('commit', '-qm', 'first');
  git('init', '-q', '--bare', '-b', 'trunk', origin);
  git('remote', 'add', 'origin', origin);
  git('push', '-qu', 'origin', 'trunk');
  return {
    ...world,
    project,
    checks,
    isAt: (gate, agent) => existsSync(path.join(gates, `${gate}-${agent}`)),
    git,
    remote: gitIn(origin),
    open: (gate) => {
      if (!existsSync(path.join(gates, gate))) writeFileSync(path.join(gates, gate), '');
    },
  };
}
