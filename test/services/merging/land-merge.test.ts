import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
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

const landed = (remote: string | null) =>
  land(
    createGit(person.env),
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
