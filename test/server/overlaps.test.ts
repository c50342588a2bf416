import { mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AgentName, RepositoryName, Role, SlotId } from '../../db/ids.ts';
import type { MissionDatabase } from '../../db/open.ts';
import { createAgentLedger } from '../../services/ledger/agent-ledger.ts';
import { createRealRepository } from '../services/worktrees/real-repository.ts';
import { runCli } from './cli/run-cli.ts';
import { type OpenDoors, openDoors } from './open-doors.ts';

let doors: OpenDoors;
let db: MissionDatabase;
let person: ReturnType<typeof createRealRepository>;
beforeEach(async () => {
  person = createRealRepository();
  doors = await openDoors({
    seed(opened) {
      db = opened;
    },
  });
  await doors.client.repoAdd({ source: person.folder });
});
afterEach(async () => {
  await doors.close();
  person.close();
});

/** The row of an agent at work, with a worktree; its slot is one of the doors' own, so that it can be written to. */
function agent(slotId: string, name: string, role = 'worker'): string {
  const worktree = path.join(doors.home, 'worktrees', 'project', name);
  mkdirSync(path.dirname(worktree), { recursive: true });
  person.git(['worktree', 'add', '--quiet', '-b', `work/${name}`, worktree]);
  createAgentLedger(db).insert({
    slotId: SlotId.parse(slotId),
    repository: RepositoryName.parse('project'),
    name: AgentName.parse(name),
    role: Role.parse(role),
    kind: 'worker',
    status: 'active',
    branch: `work/${name}`,
    ownsBranch: true,
    base: person.head(),
    gitFolder: path.join(person.folder, '.git'),
    worktree,
    createdBy: 'test',
    createdAt: 1,
  });
  return worktree;
}

function commit(worktree: string, file: string, text: string): void {
  person.write(file, text, worktree);
  person.git(['add', '.'], worktree);
  person.git(['commit', '--quiet', '-m', file], worktree);
}

const told = async () =>
  (await doors.client.messageList({})).messages.map(({ to, from, body }) => ({ to, from, body }));
const objects = () =>
  readdirSync(path.join(person.folder, '.git'), { recursive: true }).map(String).toSorted();

test('two agents at the same files are told of each other, once for each file', async () => {
  const fox = agent('coder-1', 'fox');
  const owl = agent('coder-2', 'owl');
  commit(fox, 'app/main.txt', 'one\nfox\n');
  commit(owl, 'app/main.txt', 'one\nowl\n');
  person.write('of-fox.txt', 'alone\n', fox);
  const before = objects();
  const { overlaps } = await doors.client.overlapLook({ repository: 'project' });
  expect(overlaps).toMatchObject([
    { slots: ['coder-1', 'coder-2'], files: ['app/main.txt'], conflicts: ['app/main.txt'] },
  ]);
  expect(objects()).toEqual(before);
  const first = await told();
  expect(first.map(({ to, from }) => [to, from]).toSorted()).toEqual([
    ['slot:coder-1', 'program:missiond'],
    ['slot:coder-2', 'program:missiond'],
  ]);
  expect(first.find(({ to }) => to === 'slot:coder-1')?.body).toMatch(
    /You and owl \(branch work\/owl\).*app\/main\.txt.*conflicts already in: app\/main\.txt/,
  );
  await doors.client.overlapLook({ repository: 'project' });
  expect(await told()).toHaveLength(2);
  // A new file, not committed, in a branch that somebody has rebased meanwhile.
  person.write('of-fox.txt', 'not alone any more\n', owl);
  await doors.client.overlapLook({ repository: 'project' });
  expect(await told()).toHaveLength(4);
  expect((await doors.client.overlaps({ repository: 'project' })).overlaps).toMatchObject([
    { files: ['app/main.txt', 'of-fox.txt'] },
  ]);
});

test('what came from the default branch is nobody’s work, and who has ended is at nothing', async () => {
  const fox = agent('coder-1', 'fox');
  const owl = agent('coder-2', 'owl');
  person.write('readme.md', 'new words\n');
  person.git(['commit', '--quiet', '--all', '-m', 'of a person']);
  for (const place of [fox, owl]) person.git(['rebase', '--quiet', 'trunk'], place);
  expect((await doors.client.overlapLook({ repository: 'project' })).overlaps).toEqual([]);
  commit(fox, 'a.txt', 'fox\n');
  commit(owl, 'a.txt', 'owl\n');
  const printed = await runCli(['overlaps', '--repo', 'project', '--home', doors.home]);
  expect(printed.out).toMatch(/coder-1 coder-2 +a\.txt +a\.txt/);
  createAgentLedger(db).update(SlotId.parse('coder-2'), { status: 'completed' });
  expect((await doors.client.overlapLook({ repository: 'project' })).overlaps).toEqual([]);
});

test('without a supervisor the two are told all the same, and a worktree that is away is passed over', async () => {
  const fox = agent('coder-1', 'fox');
  const owl = agent('coder-2', 'owl');
  agent('researcher-1', 'boss', 'supervisor');
  person.git(['worktree', 'remove', path.join(doors.home, 'worktrees', 'project', 'boss')]);
  commit(fox, 'a.txt', 'same\n');
  commit(owl, 'a.txt', 'same\n');
  const { overlaps } = await doors.client.overlapLook({ repository: 'project' });
  expect(overlaps).toMatchObject([{ files: ['a.txt'], conflicts: [] }]);
  expect((await told()).map(({ to }) => to)).toHaveLength(2);
});
