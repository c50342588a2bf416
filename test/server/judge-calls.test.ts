import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SlotId } from '../../db/ids.ts';
import { createJudging } from '../../server/judge-calls.ts';
import { GatesSchema, ProtectSchema } from '../../services/config/protect.ts';
import { createPermissionStore } from '../../services/permissions/permission-store.ts';
import { bookOfFile } from './book-of-file.ts';

const slotId = SlotId.parse('coder-1');
let folder: string;
let repository: string;
const env = { PATH: process.env['PATH'], HOME: '', GIT_CONFIG_GLOBAL: '/dev/null', LC_ALL: 'C' };

function git(...args: string[]): string {
  return execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args], {
    cwd: repository,
    env: { ...env, HOME: folder },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}

function commit(file: string, content = 'x\n'): void {
  mkdirSync(path.dirname(path.join(repository, file)), { recursive: true });
  writeFileSync(path.join(repository, file), content);
  git('add', '-A');
  git('commit', '-qm', file);
}

beforeEach(() => {
  folder = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'missiond-push-')));
  repository = path.join(folder, 'work');
  mkdirSync(repository);
  git('init', '-q', '--bare', '../remote.git');
  git('init', '-q', '-b', 'main');
  git('remote', 'add', 'origin', '../remote.git');
  commit('.github/workflows/ci.yml', 'on: push\n');
  git('push', '-q', '-u', 'origin', 'main');
  git('checkout', '-qb', 'work/fix');
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function judging(gates: object = {}) {
  const rules = path.join(folder, 'permissions.yaml');
  writeFileSync(rules, 'default: { allow: ["*"] }\n');
  const slots = path.join(folder, 'slots.yaml');
  writeFileSync(slots, `slots:\n  - { id: coder-1, role: coder, cwd: ${repository} }\n`);
  const store = createPermissionStore(rules, {
    protect: { ...ProtectSchema.parse({}), gatesOf: () => GatesSchema.parse(gates) },
  });
  return createJudging(bookOfFile(slots), store, { ...env, HOME: folder });
}

/** The protected file that a command would push; null when there is none. */
async function found(command: string, gates?: object): Promise<string | null> {
  const { judge, protectedInPush } = judging(gates);
  const { pushes = [] } = judge(slotId, 'Bash', { command }, undefined, undefined);
  return protectedInPush(slotId, pushes, new AbortController().signal);
}

describe('what is pushed', () => {
  test('changes a protected file, by whatever program it was changed', async () => {
    commit('src/a.ts');
    expect(await found('git push -u origin work/fix')).toBeNull();
    commit('.github/workflows/ci.yml', 'on: [push, pull_request]\n');
    commit('src/b.ts');
    const file = path.join(repository, '.github/workflows/ci.yml');
    for (const command of [
      'git push -u origin work/fix',
      'git push',
      'npm test && git push origin HEAD',
      'cd src && git push origin HEAD:work/other',
      'git -C . push origin work/fix:work/x',
      `cd / && git -C ${repository} push`,
    ])
      expect([command, await found(command)]).toEqual([command, file]);
  });

  test('of another branch than the one that is checked out', async () => {
    commit('.husky/pre-commit');
    git('checkout', '-q', 'main');
    expect(await found('git push origin HEAD:work/y')).toBeNull();
    expect(await found('git push origin work/fix')).toBe(path.join(repository, '.husky/pre-commit'));
  });

  test('holds what others have changed, merged as it was: nobody is asked about that', async () => {
    git('checkout', '-q', 'main');
    commit('.github/workflows/ci.yml', 'on: [push, schedule]\n');
    git('push', '-q', 'origin', 'main');
    git('checkout', '-q', 'work/fix');
    commit('src/a.ts');
    git('merge', '-q', '-m', 'merge', 'main');
    expect(await found('git push origin work/fix')).toBeNull();
  });

  test('by a role for which that gate is open, or by what is no push', async () => {
    commit('.github/workflows/ci.yml', 'changed\n');
    expect(await found('git push', { pushProtected: 'allow' })).toBeNull();
    expect(await found('git status; echo git push')).toBeNull();
  });

  test('from where there is no repository, or of no commit', async () => {
    expect(await found(`cd ${folder} && git push`)).toBeNull();
    expect(await found('git push origin nothing')).toBeNull();
  });

  test('is not known while git does not answer', async () => {
    const { judge, protectedInPush } = judging();
    const { pushes = [] } = judge(slotId, 'Bash', { command: 'git push' }, undefined, undefined);
    await expect(protectedInPush(slotId, pushes, AbortSignal.abort())).rejects.toThrow();
  });
});
