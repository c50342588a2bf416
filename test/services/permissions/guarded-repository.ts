import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import { GatesSchema, ProtectSchema } from '../../../services/config/protect.ts';
import { createJudge, type Decision } from '../../../services/permissions/decide.ts';
import type { Policy } from '../../../services/permissions/policy.ts';
import {
  createRepositoryProtection,
  type RepositoryProtection,
} from '../../../services/permissions/repository-protection.ts';
import { policyOf } from './policies.ts';

/** A repository of its own for each test of a file, on branch work/fix, and an agent in it whose role may do everything. */
export function guardedRepository() {
  let folder = '';
  let protection: RepositoryProtection;
  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'missiond-gates-'));
    protection = createRepositoryProtection();
    git('init', '-q', '-b', 'work/fix');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function git(...args: string[]): void {
    execFileSync('git', args, { cwd: folder, env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null' } });
  }

  /** What still stands before that agent. */
  function ask(tool: string, input: object, change: Partial<Policy> = {}, cwd = folder): Decision {
    const policy: Policy = {
      ...policyOf({ role: { allow: ['*'] } }),
      protections: {
        ...ProtectSchema.parse({ paths: ['deploy/**'] }),
        gatesOf: (role) =>
          GatesSchema.parse(role === 'merge-queue' ? { pushProtected: 'allow', merge: 'deny' } : {}),
        repositoryPaths: protection.pathsFor,
      },
      ...change,
    };
    return createJudge(policy)({ role: 'coder', slotId: 'coder-1', tool, input, cwd });
  }

  return {
    git,
    ask,
    bash(command: string): string {
      const { decision, personOnly } = ask('Bash', { command });
      return personOnly ? `${decision} by a person` : decision;
    },
    /** Reads the repository's list of protected files anew. */
    forget: () => protection.forget(),
    get folder() {
      return folder;
    },
  };
}
