import { afterEach, beforeEach, expect, test } from 'vitest';
import { pushableRemotes } from '../../../services/worktrees/fork-remotes.ts';
import { createGit } from '../../../services/worktrees/git.ts';
import { createRealRepository } from './real-repository.ts';

let person: ReturnType<typeof createRealRepository>;
beforeEach(() => {
  person = createRealRepository();
});
afterEach(() => person.close());

const pushable = () =>
  pushableRemotes(createGit(person.env), { cwd: person.folder, signal: new AbortController().signal });

test.each([
  ['git@forge.example:them/project.git'],
  ['ssh://git@forge.example:22/them/project'],
  ['https://me@forge.example/Them/Project/'],
  ['forge.example:them/project'],
])('nothing is pushed to %s, which is the upstream by another way', async (address) => {
  person.git(['remote', 'add', 'upstream', 'https://forge.example/them/project.git']);
  person.git(['remote', 'add', 'origin', address]);
  person.git(['remote', 'add', 'mine', 'git@forge.example:me/project.git']);
  expect(await pushable()).toEqual(['mine']);
});

test.each([
  ['git@forge.example:me/project.git'],
  ['https://other.example/them/project.git'],
  ['https://forge.example/them/project-fork'],
  ['/them/project.git'],
])('a fork at %s is pushed to', async (address) => {
  person.git(['remote', 'add', 'upstream', 'https://forge.example/them/project.git']);
  person.git(['remote', 'add', 'origin', address]);
  expect(await pushable()).toEqual(['origin']);
});

test('a folder is the same by its address', async () => {
  person.git(['remote', 'add', 'upstream', '/srv/project.git']);
  person.git(['remote', 'add', 'origin', 'file:///srv/project']);
  expect(await pushable()).toEqual([]);
});
