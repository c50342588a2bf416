import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { createRealRepository } from '../services/worktrees/real-repository.ts';
import { runCli } from './cli/run-cli.ts';
import type { Person } from './merging-team.ts';
import { type OpenDoors, openDoors } from './open-doors.ts';

/** The doors of a daemon for all tests of a file, with a repository `project` of a person for each of them. */
export function createMergingStage() {
  let doors: OpenDoors;
  let tools: Person;
  let bin: string;
  beforeAll(async () => {
    tools = createRealRepository();
    bin = path.join(tools.directory, 'bin');
    mkdirSync(bin);
    doors = await openDoors({ path: `${bin}:${process.env['PATH']}`, protects: true });
  });
  afterAll(async () => {
    await doors.close();
    tools.close();
  });

  let person: Person;
  beforeEach(() => {
    person = createRealRepository();
  });
  afterEach(async () => {
    await doors.client.repoRemove({ repository: 'project' });
    rmSync(path.join(bin, 'gh'), { force: true });
    person.close();
  });

  const cli = (...argv: readonly string[]) => runCli([...argv, '--home', doors.home]);
  const commitOf = (ref: string, cwd?: string) => person.git(['rev-parse', ref], cwd);

  return {
    get doors() {
      return doors;
    },
    get person() {
      return person;
    },
    /** Where programs are found before others. */
    get bin() {
      return bin;
    },
    cli,
    commitOf,
    merge: (...argv: readonly string[]) => cli('merge', '--repo', 'project', ...argv),

    /** The repository as the team knows it, with `trunk` elsewhere than in the person's folder. */
    async added({ check = 'test -f app/main.txt', branch = 'trunk' } = {}): Promise<void> {
      if (branch !== 'trunk') person.git(['branch', '-m', 'trunk', branch]);
      person.git(['switch', '--quiet', '-c', 'elsewhere']);
      await doors.client.repoAdd({ source: person.folder, name: 'project' });
      await doors.client.repoConfig({ repository: 'project', defaultBranch: branch, set: { check } });
    },

    /** A branch with one commit that writes a file; the folder goes back to where it was. */
    work(branch: string, file: string, text = `${branch}\n`, message = `Write ${file}`): string {
      person.git(['switch', '--quiet', '-c', branch, 'trunk']);
      person.write(file, text);
      person.git(['add', '.']);
      person.git(['commit', '--quiet', '-m', message]);
      person.git(['switch', '--quiet', 'elsewhere']);
      return commitOf(`refs/heads/${branch}`);
    },

    async approve(commit: string): Promise<void> {
      const { status, err } = await cli('review', '--repo', 'project', commit, 'approve', 'Good.');
      expect({ status, err }).toEqual({ status: 0, err: '' });
    },

    remote(): string {
      const bare = path.join(person.directory, 'remote.git');
      person.git(['init', '--quiet', '--bare', '--initial-branch', 'trunk', bare], person.directory);
      person.git(['remote', 'add', 'origin', bare]);
      person.git(['push', '--quiet', 'origin', 'trunk']);
      return bare;
    },

    /** What is left in the repository of what the gate has made. */
    left: () => [
      person.git(['for-each-ref', '--format=%(refname)', 'refs/missiond']),
      person
        .git(['worktree', 'list', '--porcelain'])
        .split('\n')
        .filter((line) => line.startsWith('worktree ')).length,
    ],
  };
}
