import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { land } from '../../../services/merging/land-merge.ts';
import { createGit } from '../../../services/worktrees/git.ts';
import { createRealRepository } from '../worktrees/real-repository.ts';

let person: ReturnType<typeof createRealRepository>;
let base: string;
let result: string;
beforeEach(() => {
  person = createRealRepository();
  base = person.head();
  person.git(['switch', '--quiet', '--create', 'work/a']);
  person.write('a.txt', 'a\n');
  person.git(['add', '.']);
  person.git(['commit', '--quiet', '-m', 'a']);
  result = person.head();
  person.git(['switch', '--quiet', 'trunk']);
});
afterEach(() => person.close());

const landed = (remote: string | null, programs?: string) =>
  land(
    createGit({
      ...person.env,
      ...(programs === undefined ? {} : { PATH: `${programs}:${person.env.PATH}` }),
    }),
    { target: 'trunk', base, result, remote, scratch: 'refs/missiond/merge/1', turn: (act) => act() },
    { cwd: person.folder, signal: AbortSignal.timeout(60_000) },
  );
/** A rebase of trunk, begun after the gate has looked. */
function rebases(): void {
  person.git(['switch', '--quiet', 'trunk']);
  expect(() => person.git(['rebase', '--exec', 'false', '--force-rebase', '--root'])).toThrow();
}

test('a branch that a person has begun to rebase meanwhile is not moved: without a remote nothing is merged', async () => {
  rebases();
  expect(await landed(null)).toMatchObject({
    kind: 'refused',
    why: expect.stringContaining(`a rebase of trunk is half done in ${person.folder}`),
  });
  expect(person.git(['rev-parse', 'trunk'])).toBe(base);
  person.git(['rebase', '--abort']);
  expect(await landed(null)).toMatchObject({ kind: 'landed', trouble: null });
  expect(person.head()).toBe(result);
});

test('with one it is merged there, and the person hears what is left to do here', async () => {
  const bare = path.join(person.directory, 'remote.git');
  person.git(['clone', '--quiet', '--bare', person.folder, bare]);
  rebases();
  expect(await landed(bare)).toMatchObject({
    kind: 'landed',
    pushed: true,
    trouble: expect.stringContaining(`git merge --ff-only ${result}`),
  });
  expect(person.git(['rev-parse', 'trunk'], bare)).toBe(result);
  expect(person.git(['rev-parse', 'trunk'])).toBe(base);
});

describe('of a repository that keeps large files with Git LFS', () => {
  let bare: string;
  let programs: string;
  beforeEach(() => {
    bare = path.join(person.directory, 'remote.git');
    person.git(['clone', '--quiet', '--bare', person.folder, bare]);
    programs = path.join(person.directory, 'programs');
    mkdirSync(programs);
    person.git(['switch', '--quiet', 'work/a']);
    person.write('assets/.gitattributes', '*.png filter=lfs diff=lfs merge=lfs -text\n');
    person.git(['add', '.']);
    person.git(['commit', '--quiet', '-m', 'Keep pictures apart']);
    result = person.head();
    person.git(['switch', '--quiet', 'trunk']);
  });
  const notes = () => path.join(person.directory, 'notes');
  /** A git-lfs that notes what it was told, and where the remote stood then. */
  function lfs(ends: string): void {
    const file = path.join(programs, 'git-lfs');
    writeFileSync(
      file,
      `#!/bin/sh\necho "$@" "$(git -C '${bare}' rev-parse trunk)" >> '${notes()}'\n${ends}\n`,
    );
    chmodSync(file, 0o755);
  }

  test('they are at the remote before the branch is', async () => {
    lfs('exit 0');
    expect(await landed(bare, programs)).toMatchObject({ kind: 'landed', pushed: true, trouble: null });
    expect(readFileSync(notes(), 'utf8')).toBe(`push ${bare} ${result} ${base}\n`);
    expect(person.git(['rev-parse', 'trunk'], bare)).toBe(result);
  });

  test('where the remote does not take them nothing is pushed', async () => {
    lfs('echo "batch response: quota exceeded" >&2; exit 2');
    expect(await landed(bare, programs)).toMatchObject({
      kind: 'refused',
      why: expect.stringContaining('quota exceeded'),
    });
    expect(person.git(['rev-parse', 'trunk'], bare)).toBe(base);
  });

  test('without git-lfs that is said', async () => {
    lfs(`echo "git: 'lfs' is not a git command. See 'git --help'." >&2; exit 1`);
    expect(await landed(bare, programs)).toMatchObject({
      kind: 'landed',
      trouble: expect.stringContaining('git-lfs is not installed here'),
    });
  });
});
