import { readdirSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SlotId } from '../../db/ids.ts';
import { type AgentsAtWork, openAgentsAtWork } from './agents-at-work.ts';
import { runCli } from './cli/run-cli.ts';

let work: AgentsAtWork;
let doors: AgentsAtWork['doors'];
let person: AgentsAtWork['person'];
beforeEach(async () => {
  work = await openAgentsAtWork();
  ({ doors, person } = work);
});
afterEach(() => work.close());

const objects = () =>
  readdirSync(path.join(person.folder, '.git'), { recursive: true }).map(String).toSorted();

test('two agents at the same files are told of each other, once for each file', async () => {
  const fox = work.agent('coder-1', 'fox');
  const owl = work.agent('coder-2', 'owl');
  work.commit(fox, 'app/main.txt', 'one\nfox\n');
  work.commit(owl, 'app/main.txt', 'one\nowl\n');
  person.write('of-fox.txt', 'alone\n', fox);
  const before = objects();
  const { overlaps } = await doors.client.overlapLook({ repository: 'project' });
  expect(overlaps).toMatchObject([
    { slots: ['coder-1', 'coder-2'], files: ['app/main.txt'], conflicts: ['app/main.txt'] },
  ]);
  expect(objects()).toEqual(before);
  const first = await work.told();
  expect(first.map(({ to, from }) => [to, from]).toSorted()).toEqual([
    ['slot:coder-1', 'program:missiond'],
    ['slot:coder-2', 'program:missiond'],
  ]);
  expect(first.find(({ to }) => to === 'slot:coder-1')?.body).toMatch(
    /You and owl \(branch work\/owl\).*app\/main\.txt.*conflicts already in: app\/main\.txt/,
  );
  await doors.client.overlapLook({ repository: 'project' });
  expect(await work.told()).toHaveLength(2);
  // A new file, not committed, in a branch that somebody has rebased meanwhile.
  person.write('of-fox.txt', 'not alone any more\n', owl);
  await doors.client.overlapLook({ repository: 'project' });
  expect(await work.told()).toHaveLength(4);
  expect((await doors.client.overlaps({ repository: 'project' })).overlaps).toMatchObject([
    { files: ['app/main.txt', 'of-fox.txt'] },
  ]);
});

test('what came from the default branch is nobody’s work, and who has ended is at nothing', async () => {
  const fox = work.agent('coder-1', 'fox');
  const owl = work.agent('coder-2', 'owl');
  person.write('readme.md', 'new words\n');
  person.git(['commit', '--quiet', '--all', '-m', 'of a person']);
  for (const place of [fox, owl]) person.git(['rebase', '--quiet', 'trunk'], place);
  expect((await doors.client.overlapLook({ repository: 'project' })).overlaps).toEqual([]);
  work.commit(fox, 'a.txt', 'fox\n');
  work.commit(owl, 'a.txt', 'owl\n');
  const printed = await runCli(['overlaps', '--repo', 'project', '--home', doors.home]);
  expect(printed.out).toMatch(/coder-1 coder-2 +a\.txt +a\.txt/);
  work.agents.update(SlotId.parse('coder-2'), { status: 'completed' });
  expect((await doors.client.overlapLook({ repository: 'project' })).overlaps).toEqual([]);
});

test('without a supervisor the two are told all the same, and a worktree that is away is passed over', async () => {
  const fox = work.agent('coder-1', 'fox');
  const owl = work.agent('coder-2', 'owl');
  work.agent('researcher-1', 'boss', 'supervisor');
  person.git(['worktree', 'remove', path.join(doors.home, 'worktrees', 'project', 'boss')]);
  work.commit(fox, 'a.txt', 'same\n');
  work.commit(owl, 'a.txt', 'same\n');
  const { overlaps } = await doors.client.overlapLook({ repository: 'project' });
  expect(overlaps).toMatchObject([{ files: ['a.txt'], conflicts: [] }]);
  expect((await work.told()).map(({ to }) => to)).toHaveLength(2);
});
