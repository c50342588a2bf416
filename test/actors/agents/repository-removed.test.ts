import { existsSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { RunningMission } from '../../../actors/mission/create-mission.ts';
import { type AgentsStage, createAgentsStage, never, shop } from './agents-stage.ts';

let team: AgentsStage;
let mission: RunningMission;
let clone: string;
beforeEach(async () => {
  team = createAgentsStage();
  team.commitIn(team.main, '.gitattributes', 'slow.md filter=still\n');
  team.commitIn(team.main, 'slow.md', 'slow');
  team.gitIn(team.main)('push', '-q', 'origin', 'trunk');
  mission = await team.stage.start();
  const { repository } = await mission.repositories.add(
    { source: `file://${team.origin}`, name: shop, timeoutMs: 60_000 },
    { signal: never, progress() {} },
  );
  clone = repository.path;
});
afterEach(() => team.close());

const at = (name: string) => path.join(team.folder, name);
const stands = () => `touch '${at('begun')}'; while ! test -e '${at('go')}'; do sleep 0.02; done`;
const hasBegun = () => expect.poll(() => existsSync(at('begun')), { timeout: 20_000 }).toBe(true);
const agents = () => mission.workers.list({ limit: 50 });

test('no agent is made of a repository that is removed while its remote is asked', async () => {
  team.gitIn(clone)('config', 'remote.origin.uploadpack', `${stands()}; git-upload-pack`);
  const made = expect(team.work(mission, { task: undefined })).rejects.toMatchObject({
    code: 'repository_unknown',
  });
  await hasBegun();
  await mission.repositories.remove(shop, { deleteClone: false });
  writeFileSync(at('go'), '');
  await made;
  expect(agents()).toEqual([]);
  expect(team.gitIn(clone)('worktree', 'list').split('\n')).toHaveLength(1);
});

test('a clone in which an agent is made while it is looked at is not deleted', async () => {
  team.gitIn(clone)('config', 'filter.still.clean', `${stands()}; cat`);
  utimesSync(path.join(clone, 'slow.md'), 1, 1);
  const removed = expect(mission.repositories.remove(shop, { deleteClone: true })).rejects.toMatchObject({
    code: 'repository_in_use',
  });
  await hasBegun();
  const made = team.work(mission, { task: undefined });
  await expect.poll(() => agents().length, { timeout: 20_000 }).toBe(1);
  writeFileSync(at('go'), '');
  await removed;
  expect(existsSync((await made).worker.worktree)).toBe(true);
  expect(existsSync(clone)).toBe(true);
});
