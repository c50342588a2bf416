import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { AgentView } from '../../../actors/agents/agent-views.ts';
import type { RunningMission } from '../../../actors/mission/create-mission.ts';
import { createAgentLedger } from '../../../services/ledger/agent-ledger.ts';
import { idleReading } from '../fake-pty-host.ts';
import { until } from '../mission-stage.ts';
import { type AgentsStage, createAgentsStage, named, never } from './agents-stage.ts';

let team: AgentsStage;
let colleague: string;
beforeEach(() => {
  team = createAgentsStage();
  colleague = team.colleague();
  team.gitIn(team.main)('config', 'user.name', 'p');
  team.gitIn(team.main)('config', 'user.email', 'p@example.org');
});
afterEach(() => team.close());

/** What a colleague has pushed. */
function push(file: string, text: string): string {
  const commit = team.commitIn(colleague, file, text);
  team.gitIn(colleague)('push', '-q', 'origin', 'HEAD:trunk');
  return commit;
}

/** An agent that rests at its prompt, with a commit of its own. */
async function resting(mission: RunningMission, file = 'own.md', text = 'own'): Promise<AgentView> {
  const { worker } = await team.work(mission, { task: undefined });
  team.commitIn(worker.worktree, file, text);
  await mission.spawn(worker.slotId, {});
  await team.stands(mission, worker.slotId);
  return worker;
}

const refresh = async (mission: RunningMission, name: string) => {
  const { agents } = await mission.workers.refresh({ name }, never);
  const [only] = agents;
  if (only === undefined || agents.length > 1) throw new Error('not one was looked at');
  return only;
};
const headOf = ({ worktree }: AgentView) => team.gitIn(worktree)('rev-parse', 'HEAD');
const typedLike = (words: RegExp) => team.typed.filter((prompt) => words.test(prompt));

test('an agent that rests is brought up to what the remote has now, and told what came', async () => {
  const mission = await team.startWithShop();
  const worker = await resting(mission);
  const target = push('news.md', 'news');
  expect(await refresh(mission, worker.name)).toMatchObject({
    status: 'refreshed',
    how: 'rebase',
    target,
    files: ['news.md'],
  });
  expect(team.gitIn(worker.worktree)('log', '--format=%s', `${target}..`)).toBe('own.md: own');
  expect(readFileSync(path.join(worker.worktree, 'news.md'), 'utf8')).toBe('news');
  await until(mission, 'told', () => typedLike(/brought up to the default branch.*"news\.md"/).length === 1);
  expect(await refresh(mission, worker.name)).toMatchObject({ status: 'left' });
});

test('what is pushed or signed is merged and not written anew, and no key is asked for', async () => {
  const mission = await team.startWithShop();
  const shared = await resting(mission);
  team.gitIn(shared.worktree)('push', '-q', 'origin', `work/${shared.name}`);
  const own = headOf(shared);
  push('news.md', 'news');
  expect(await refresh(mission, shared.name)).toMatchObject({ status: 'refreshed', how: 'merge' });
  expect(team.gitIn(shared.worktree)('rev-parse', 'HEAD^1')).toBe(own);

  const signed = await resting(mission);
  team.gitIn(team.main)('config', 'commit.gpgSign', 'true');
  team.gitIn(team.main)('config', 'gpg.program', '/bin/false');
  push('more.md', 'more');
  expect(await refresh(mission, signed.name)).toMatchObject({ status: 'refreshed', how: 'merge' });
});

test('who works, has work or mail, or is a person, and what is not committed, stays as it is', async () => {
  const mission = await team.startWithShop();
  const busy = await resting(mission);
  await mission.submit({ slotId: busy.slotId, prompt: 'on' });
  await team.begins(mission, busy.slotId, 'on');
  const loose = await resting(mission);
  writeFileSync(path.join(loose.worktree, 'loose.md'), 'x');
  const written = await resting(mission);
  team.stage.fake.show(written.slotId, idleReading({ composer: { kind: 'draft', text: 'a person' } }));
  await until(mission, 'draft', () => mission.slot(written.slotId).composer === 'personDraft');
  const { worker: mine } = await team.work(mission, {
    kind: 'workspace',
    name: named('mine'),
    task: undefined,
  });
  const { worker: reads } = await team.work(mission, { task: undefined });
  mission.messages.send({ to: `slot:${reads.slotId}`, body: 'hello' }, { kind: 'person' });
  push('news.md', 'news');
  for (const worker of [busy, loose, written, mine, reads]) {
    const before = headOf(worker);
    expect([worker.name, (await refresh(mission, worker.name)).status]).toEqual([worker.name, 'left']);
    expect(headOf(worker)).toBe(before);
  }
  expect(readFileSync(path.join(loose.worktree, 'loose.md'), 'utf8')).toBe('x');
});

test('a conflict is taken back whole, and given to the agent as a task once for each commit', async () => {
  const mission = await team.startWithShop();
  const worker = await resting(mission, 'readme.md', 'mine');
  const before = headOf(worker);
  const target = push('readme.md', 'theirs');
  expect(await refresh(mission, worker.name)).toMatchObject({ status: 'conflict', files: ['readme.md'] });
  expect(headOf(worker)).toBe(before);
  expect(team.gitIn(worker.worktree)('status', '--porcelain')).toBe('');
  const asked = () => typedLike(new RegExp(`conflicts.*${target}`));
  await until(mission, 'asked', () => asked().length === 1);
  const [prompt = ''] = asked();
  await team.begins(mission, worker.slotId, prompt);
  await team.ends(mission, worker.slotId, 'I could not.');
  await until(mission, 'over', () => mission.slot(worker.slotId).currentTaskId === undefined);
  expect(mission.workers.get({ name: worker.name }).status).toBe('active');
  expect(await refresh(mission, worker.name)).toMatchObject({
    status: 'left',
    why: expect.stringContaining('asked'),
  });
  expect(asked()).toHaveLength(1);
});

test('nothing is typed there while it is brought up', async () => {
  const mission = await team.startWithShop();
  const worker = await resting(mission);
  const at = (name: string) => path.join(team.folder, name);
  // git stands still in the midst of its checkout.
  const still = `touch '${at('begun')}'; while ! test -e '${at('go')}'; do sleep 0.02; done; cat`;
  team.gitIn(team.main)('config', 'filter.still.smudge', still);
  team.commitIn(colleague, '.gitattributes', 'slow.md filter=still\n');
  push('slow.md', 'slow');
  const done = refresh(mission, worker.name);
  await expect.poll(() => existsSync(at('begun')), { timeout: 20_000 }).toBe(true);
  const { taskId } = await mission.submit({ slotId: worker.slotId, prompt: 'next' });
  for (let turn = 0; turn < 50; turn += 1) await nextTurn();
  expect([team.typed, mission.task(taskId).status]).toEqual([[], 'queued']);
  writeFileSync(at('go'), '');
  expect((await done).status).toBe('refreshed');
  await until(mission, 'typed', () => team.typed.includes('next'));
});

test('a daemon that was killed in the midst of it leaves nothing half done', async () => {
  const first = await team.startWithShop();
  const worker = await resting(first, 'readme.md', 'mine');
  const from = headOf(worker);
  push('readme.md', 'theirs');
  team.gitIn(worker.worktree)('fetch', '-q', 'origin');
  expect(() => team.gitIn(worker.worktree)('rebase', '-q', 'origin/trunk')).toThrow();
  writeFileSync(path.join(team.gitIn(worker.worktree)('rev-parse', '--git-dir'), 'index.lock'), '');
  const agents = createAgentLedger(team.stage.database().db);
  agents.update(worker.slotId, { refreshingFrom: from });
  await team.stage.kill9();
  await team.stage.start();
  const row = () => createAgentLedger(team.stage.database().db).get(worker.slotId);
  await expect.poll(() => row()?.refreshingFrom, { timeout: 20_000 }).toBeNull();
  expect(team.gitIn(worker.worktree)('status', '--porcelain', '--branch')).toBe(`## ${worker.branch}`);
  expect(headOf(worker)).toBe(from);
});

test('work that began on a release stays there, unless its agent is named: then nothing of it is written anew', async () => {
  team.gitIn(colleague)('checkout', '-qb', 'release');
  team.commitIn(colleague, 'release.md', 'fix');
  team.gitIn(colleague)('push', '-q', 'origin', 'release');
  team.gitIn(colleague)('checkout', '-q', 'trunk');
  team.gitIn(team.main)('fetch', '-q');
  team.gitIn(team.main)('branch', '-q', 'release', 'origin/release');
  const mission = await team.startWithShop();
  const { worker: on } = await team.work(mission, { task: undefined, branch: 'release' });
  const { worker: from } = await team.work(mission, { task: undefined, from: 'origin/release' });
  const released = headOf(on);
  push('news.md', 'news');
  const { agents } = await mission.workers.refresh({ repository: on.repository }, never);
  expect(agents.map(({ status }) => status)).toEqual(['left', 'left']);
  expect([headOf(on), headOf(from)]).toEqual([released, released]);
  expect(await refresh(mission, from.name)).toMatchObject({ status: 'refreshed', how: 'merge' });
  expect(team.gitIn(from.worktree)('rev-parse', 'HEAD^1')).toBe(released);
});

test('work that begins at a tag or a commit stays there, which is said; one at a branch goes on with it', async () => {
  team.gitIn(team.main)('tag', 'v1');
  const mission = await team.startWithShop();
  const made = await Promise.all(
    ['v1', team.gitIn(team.main)('rev-parse', 'trunk'), 'trunk'].map((from) =>
      team.work(mission, { task: undefined, from }),
    ),
  );
  const stays = expect.stringContaining('missiond refresh');
  expect(made.map(({ notes }) => notes)).toEqual([[stays], [stays], []]);
  const [tagged, , branched] = made.map(({ worker }) => worker);
  if (tagged === undefined || branched === undefined) throw new Error('not all were made');
  push('news.md', 'news');
  const { agents } = await mission.workers.refresh({ repository: tagged.repository }, never);
  expect(new Map(agents.map(({ name, status }) => [name, status]))).toEqual(
    new Map(made.map(({ worker }) => [worker.name, worker === branched ? 'refreshed' : 'left'])),
  );
  expect(await refresh(mission, tagged.name)).toMatchObject({ status: 'refreshed' });
});

test('one that lasts and does not run is brought up without a word, which would start it', async () => {
  const mission = await team.startWithShop({ agentRoleFacts: () => ({ persistence: 'persistent' }) });
  const { worker } = await team.work(mission, { task: undefined });
  team.commitIn(worker.worktree, 'own.md', 'own');
  push('news.md', 'news');
  expect(await refresh(mission, worker.name)).toMatchObject({ status: 'refreshed' });
  const all = { sent: false, unreadOnly: false, limit: 10, inbox: `slot:${worker.slotId}` };
  expect(mission.messages.list(all, { kind: 'person' }).total).toBe(0);
});

test('another branch that is checked out in a worktree is not moved', async () => {
  const mission = await team.startWithShop();
  const { worker } = await team.work(mission, { task: undefined });
  team.gitIn(worker.worktree)('switch', '-qc', 'mine');
  push('news.md', 'news');
  const before = headOf(worker);
  expect(await refresh(mission, worker.name)).toMatchObject({
    status: 'left',
    why: expect.stringContaining('not checked out'),
  });
  expect(headOf(worker)).toBe(before);
});

test('what somebody has written since a refresh over which the daemon was killed stays', async () => {
  const first = await team.startWithShop();
  const { worker } = await team.work(first, { task: undefined });
  team.commitIn(worker.worktree, 'own.md', 'own');
  const from = headOf(worker);
  push('news.md', 'news');
  team.gitIn(worker.worktree)('fetch', '-q', 'origin');
  team.gitIn(worker.worktree)('rebase', '-q', 'origin/trunk');
  const since = path.join(worker.worktree, 'since.md');
  writeFileSync(since, 'by the agent, which has outlived the daemon');
  createAgentLedger(team.stage.database().db).update(worker.slotId, { refreshingFrom: from });
  await team.stage.kill9();
  await team.stage.start();
  const row = () => createAgentLedger(team.stage.database().db).get(worker.slotId);
  await expect.poll(() => row()?.refreshingFrom, { timeout: 20_000 }).toBeNull();
  expect(readFileSync(since, 'utf8')).toMatch(/outlived/);
});
