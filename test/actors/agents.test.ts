import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { WorkRequest } from '../../actors/agents/api.ts';
import type { RunningMission } from '../../actors/mission/create-mission.ts';
import { AgentName, RepositoryName, Role, type SlotId } from '../../db/ids.ts';
import { createAgentLedger } from '../../services/ledger/agent-ledger.ts';
import { agentRow } from './agent-row.ts';
import { idleReading } from './fake-pty-host.ts';
import { createStage, hook, notingKeyboard, PROGRAM, slotOf, taskIs, until } from './mission-stage.ts';

const shop = RepositoryName.parse('shop');
const named = (name: string) => AgentName.parse(name);
const never = new AbortController().signal;

let folder: string;
let origin: string;
let main: string;
let stage: ReturnType<typeof createStage>;
const typed: string[] = [];

function gitIn(cwd: string) {
  return (...args: readonly string[]): string =>
    execFileSync('git', args, {
      cwd,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: folder,
        GIT_AUTHOR_NAME: 'p',
        GIT_AUTHOR_EMAIL: 'p@example.org',
        GIT_COMMITTER_NAME: 'p',
        GIT_COMMITTER_EMAIL: 'p@example.org',
      },
    }).trim();
}

function commitIn(cwd: string, file: string, text: string): string {
  writeFileSync(path.join(cwd, file), text);
  gitIn(cwd)('add', '--', file);
  gitIn(cwd)('commit', '-qm', `${file}: ${text}`);
  return gitIn(cwd)('rev-parse', 'HEAD');
}

/** A clone of the bare remote, as a colleague has one. */
function colleague(): string {
  const place = path.join(folder, 'colleague');
  gitIn(folder)('clone', '-q', origin, place);
  return place;
}

beforeEach(() => {
  typed.length = 0;
  folder = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'missiond-agents-')));
  origin = path.join(folder, 'origin.git');
  main = path.join(folder, 'shop');
  gitIn(folder)('init', '-q', '--bare', '-b', 'trunk', origin);
  gitIn(folder)('clone', '-q', origin, main);
  gitIn(main)('checkout', '-qb', 'trunk');
  commitIn(main, 'readme.md', 'one');
  gitIn(main)('push', '-qu', 'origin', 'trunk');
  stage = createStage({
    slots: [slotOf()],
    keyboard: () => notingKeyboard(typed),
    prepare: async ({ cwd }, plan) => ({ ...PROGRAM, cwd: plan.cwd ?? cwd }),
  });
});
afterEach(async () => {
  await stage.close();
  rmSync(folder, { recursive: true, force: true });
});

async function startWithShop(): Promise<RunningMission> {
  const mission = await stage.start();
  await mission.repositories.add(
    { source: main, name: shop, timeoutMs: 60_000 },
    { signal: never, progress() {} },
  );
  return mission;
}

const work = (mission: RunningMission, change: Partial<WorkRequest> = {}) =>
  mission.workers.create(
    { task: 'do it', which: { repository: 'shop' }, submitter: 'test', ...change },
    never,
  );

/** The agent's session stands at its prompt. */
async function stands(mission: RunningMission, slotId: SlotId): Promise<void> {
  await until(mission, 'live', () => mission.slot(slotId).status === 'live');
  stage.fake.show(slotId, idleReading());
  await until(mission, 'idle', () => mission.slot(slotId).state === 'idle');
  await hook(mission, 'SessionStart', { source: 'startup' }, slotId);
}

/** Its task runs. */
async function begins(mission: RunningMission, slotId: SlotId, prompt = 'do it') {
  await stands(mission, slotId);
  await until(mission, 'typed', () => typed.includes(prompt));
  await hook(mission, 'UserPromptSubmit', { prompt }, slotId);
}

async function ends(mission: RunningMission, slotId: SlotId, words: string): Promise<void> {
  await hook(mission, 'Stop', { last_assistant_message: words, stop_hook_active: false }, slotId);
  stage.fake.show(slotId, idleReading());
}

describe('missiond work', () => {
  test('makes a branch at what the remote has now, a worktree, a slot and its task', async () => {
    const tip = commitIn(colleague(), 'new.md', 'from elsewhere');
    gitIn(path.join(folder, 'colleague'))('push', '-q', 'origin', 'HEAD:trunk');
    const mission = await startWithShop();
    const { worker, notes } = await work(mission, { name: named('busy-owl') });
    expect(notes).toEqual([]);
    expect(worker).toMatchObject({
      slotId: 'shop.busy-owl',
      kind: 'worker',
      status: 'active',
      branch: 'work/busy-owl',
      base: tip,
      createdBy: 'test',
    });
    expect(worker.worktree.endsWith(path.join('worktrees', 'shop', 'busy-owl'))).toBe(true);
    expect(readFileSync(path.join(worker.worktree, 'new.md'), 'utf8')).toBe('from elsewhere');
    // The person's own working tree stays as it was.
    expect(gitIn(main)('status', '--porcelain')).toBe('');
    expect(existsSync(path.join(main, 'new.md'))).toBe(false);
    await begins(mission, worker.slotId);
    expect(mission.slot(worker.slotId).cwd).toBe(worker.worktree);
    expect(mission.task(worker.taskId ?? '').status).toBe('running');
  });

  test('begins at what is known here when the remote cannot be reached, and says so', async () => {
    const mission = await startWithShop();
    rmSync(origin, { recursive: true });
    const { worker, notes } = await work(mission);
    expect(worker.base).toBe(gitIn(main)('rev-parse', 'trunk'));
    expect(notes.join()).toContain('as it is known here');
  });

  test('works on a branch that is there, unless that is checked out', async () => {
    gitIn(main)('branch', 'feature');
    const mission = await startWithShop();
    const { worker } = await work(mission, { branch: 'feature' });
    expect(gitIn(worker.worktree)('branch', '--show-current')).toBe('feature');
    await expect(work(mission, { branch: 'feature' })).rejects.toMatchObject({ code: 'worktree_in_use' });
    await expect(work(mission, { branch: 'trunk' })).rejects.toMatchObject({ code: 'worktree_in_use' });
    await expect(work(mission, { branch: 'nowhere' })).rejects.toMatchObject({ code: 'worktree_refused' });
    // It was there before, so it stays.
    await mission.workers.discard({ name: worker.name }, 'test', never);
    expect(gitIn(main)('branch', '--list', 'feature')).toContain('feature');
  });

  test('begins at a pull request, twice, also when that was pushed over', async () => {
    const other = colleague();
    const push = (text: string): string => {
      gitIn(other)('checkout', '-q', '-B', 'pr', 'origin/trunk');
      const tip = commitIn(other, 'pr.md', text);
      gitIn(other)('push', '-qf', 'origin', 'HEAD:refs/pull/7/head');
      return tip;
    };
    const mission = await startWithShop();
    const first = push('first');
    const review = { pullRequest: 7, role: Role.parse('reviewer') };
    expect((await work(mission, review)).worker).toMatchObject({
      base: first,
      kind: 'reviewer',
      pullRequest: 7,
    });
    const second = push('second');
    expect((await work(mission, review)).worker.base).toBe(second);
    await expect(work(mission, { pullRequest: 8 })).rejects.toMatchObject({ code: 'worktree_refused' });
  });

  test('gives names once for ever, and the same ones in two repositories', async () => {
    const mission = await startWithShop();
    const other = path.join(folder, 'shop.2');
    gitIn(folder)('clone', '-q', origin, other);
    await mission.repositories.add({ source: other, timeoutMs: 60_000 }, { signal: never, progress() {} });
    const { worker } = await work(mission, { name: named('a.b') });
    await work(mission, { name: named('a') });
    await work(mission, { name: named('a'), which: { repository: 'shop.2' } });
    await mission.workers.discard({ name: 'shop/a.b' }, 'test', never);
    expect(existsSync(worker.worktree)).toBe(false);
    await expect(work(mission, { name: named('a.b') })).rejects.toMatchObject({ code: 'agent_refused' });
    await mission.repositories.use(null);
    expect(() => mission.workers.get({ name: 'a' })).toThrow(/several|of shop and of shop.2/);
    expect(mission.workers.get({ name: 'shop.2/a' }).slotId).toBe('shop.2.a');
    expect(mission.workers.get({ name: 'a', repository: shop }).slotId).toBe('shop.a');
  });

  test('refuses a name whose branch or folder is in the way, and leaves both as they are', async () => {
    const mission = await startWithShop();
    gitIn(main)('branch', 'work/taken');
    await expect(work(mission, { name: named('taken') })).rejects.toMatchObject({ code: 'agent_refused' });
    const { worker } = await work(mission);
    const inTheWay = path.join(path.dirname(worker.worktree), 'folder');
    mkdirSync(inTheWay);
    writeFileSync(path.join(inTheWay, 'mine'), 'x');
    await expect(work(mission, { name: named('folder') })).rejects.toMatchObject({ code: 'agent_refused' });
    expect(existsSync(path.join(inTheWay, 'mine'))).toBe(true);
    expect(gitIn(main)('branch', '--list', 'work/folder')).toBe('');
  });

  test('a daemon that is killed while it makes one leaves nothing of it', async () => {
    const first = await startWithShop();
    const { worker } = await work(first, { name: named('whole') });
    const half = { ...worker, worktree: path.join(path.dirname(worker.worktree), 'half') };
    createAgentLedger(stage.database().db).insert(
      agentRow({
        slotId: 'shop.half' as SlotId,
        name: named('half'),
        status: 'making',
        branch: 'work/half',
        base: worker.base,
        gitFolder: realpathSync(path.join(main, '.git')),
        worktree: half.worktree,
      }),
    );
    gitIn(main)(
      'update-ref',
      '--create-reflog',
      '-m',
      'missiond: made for half',
      'refs/heads/work/half',
      worker.base,
    );
    gitIn(main)('worktree', 'add', '-q', half.worktree, 'work/half');
    await stage.kill9();
    const second = await stage.start();
    await expect.poll(() => second.workers.get({ name: 'half' }).status, { timeout: 30_000 }).toBe('removed');
    expect(existsSync(half.worktree)).toBe(false);
    expect(gitIn(main)('branch', '--list', 'work/half')).toBe('');
    expect(second.workers.get({ name: 'whole' })).toMatchObject({ status: 'active', taskId: worker.taskId });
    expect(existsSync(worker.worktree)).toBe(true);
  });
});

describe('the end of an agent', () => {
  test('is written down with what has changed when its task ends, and its session goes; the worktree stays', async () => {
    const mission = await startWithShop();
    const { worker } = await work(mission);
    await begins(mission, worker.slotId);
    commitIn(worker.worktree, 'done.md', 'a\nb\n');
    const completed = until(
      mission,
      'completed',
      () => mission.workers.get({ name: worker.name }).status === 'completed',
    );
    await ends(mission, worker.slotId, 'It is all done.');
    await completed;
    expect(mission.workers.get({ name: worker.name }).completion).toMatchObject({
      summary: 'It is all done.',
      by: 'task',
      changes: { commits: 1, files: 1, insertions: 2, deletions: 0, uncommitted: 0 },
    });
    await until(mission, 'closed', () => mission.slots().every(({ slotId }) => slotId !== worker.slotId));
    expect(stage.fake.held()).toEqual([]);
    expect(existsSync(worker.worktree)).toBe(true);
    const found = (search: string) =>
      mission.workers.list({ search, statuses: ['completed'], limit: 10 }).map(({ name }) => name);
    expect(found('all DONE')).toEqual([worker.name]);
    expect(found('%')).toEqual([]);
  });

  test('is said by the agent itself before its turn ends', async () => {
    const mission = await startWithShop();
    const { worker } = await work(mission);
    await begins(mission, worker.slotId);
    await mission.workers.done(worker.slotId, { summary: 'mine', tests: 'all green' });
    expect(mission.workers.get({ name: worker.name })).toMatchObject({
      status: 'completed',
      completion: { summary: 'mine', tests: 'all green', by: 'agent' },
    });
    expect(mission.task(worker.taskId ?? '').status).toBe('running');
    await ends(mission, worker.slotId, 'and out');
    await until(mission, 'closed', () => mission.slots().every(({ slotId }) => slotId !== worker.slotId));
    expect(mission.task(worker.taskId ?? '').status).toBe('done');
    expect(mission.workers.get({ name: worker.name }).completion?.summary).toBe('mine');
  });

  test('says no value of its environment, and leaves the words that a person is writing there', async () => {
    const mission = await stage.start({ redact: (_, text) => text.replaceAll('hunter2', '[redacted]') });
    const where = { source: main, name: shop, timeoutMs: 60_000 };
    await mission.repositories.add(where, { signal: never, progress() {} });
    const { worker } = await work(mission);
    await begins(mission, worker.slotId);
    const said = { summary: 'with hunter2', tests: 'hunter2', failure: 'hunter2' };
    await mission.workers.done(worker.slotId, said);
    expect(JSON.stringify(mission.workers.get({ name: worker.name }))).not.toContain('hunter2');
    const draft = { composer: { kind: 'draft', text: 'and now' } } as const;
    stage.fake.show(worker.slotId, idleReading(draft));
    await hook(mission, 'Stop', { last_assistant_message: 'done' }, worker.slotId);
    await until(mission, 'draft', () => mission.slot(worker.slotId).composer === 'personDraft');
    await until(mission, 'done', () => mission.task(worker.taskId ?? '').status === 'done');
    await nextTurn();
    expect(mission.slot(worker.slotId).status).toBe('live');
    stage.fake.show(worker.slotId, idleReading());
    await until(mission, 'closed', () => mission.slots().every(({ slotId }) => slotId !== worker.slotId));
  });

  test('discards after saving everything under a ref', async () => {
    const mission = await startWithShop();
    const { worker } = await work(mission);
    commitIn(worker.worktree, 'done.md', 'committed');
    writeFileSync(path.join(worker.worktree, 'loose.bin'), Buffer.from([0, 1, 2]));
    const after = await mission.workers.discard({ name: worker.name }, 'test', never);
    expect(after.status).toBe('removed');
    expect(existsSync(worker.worktree)).toBe(false);
    const saved = gitIn(main)('ls-tree', '-r', '--name-only', after.rescue ?? '');
    expect(saved.split('\n')).toEqual(['done.md', 'loose.bin', 'readme.md']);
    expect(gitIn(main)('branch', '--list', 'work/*')).toBe('');
    expect(mission.slots().map(({ slotId }) => slotId)).toEqual(['coder-1']);
  });
});

describe('landing', () => {
  async function committed(mission: RunningMission, file: string, text: string) {
    const { worker } = await work(mission, { task: undefined });
    commitIn(worker.worktree, file, text);
    return worker;
  }
  const land = (mission: RunningMission, name: string) =>
    mission.workers.land({ name }, { keep: false, by: 'test' }, never);

  test('forwards, merges what has diverged, and takes the clean working tree along', async () => {
    const mission = await startWithShop();
    const one = await committed(mission, 'one.md', '1');
    const two = await committed(mission, 'two.md', '2');
    expect((await land(mission, one.name)).landing).toMatchObject({ how: 'forwarded', workingTree: main });
    expect((await land(mission, two.name)).landing.how).toBe('merged');
    expect(gitIn(main)('ls-files').split('\n')).toEqual(['one.md', 'readme.md', 'two.md']);
    expect(gitIn(main)('status', '--porcelain')).toBe('');
    expect(existsSync(one.worktree) || existsSync(two.worktree)).toBe(false);
  });

  test('touches nothing when the working tree has changes, or the merge conflicts', async () => {
    const mission = await startWithShop();
    const worker = await committed(mission, 'readme.md', 'theirs');
    writeFileSync(path.join(main, 'readme.md'), 'mine, not committed');
    const before = gitIn(main)('rev-parse', 'trunk');
    await expect(land(mission, worker.name)).rejects.toMatchObject({ code: 'worktree_refused' });
    expect(readFileSync(path.join(main, 'readme.md'), 'utf8')).toBe('mine, not committed');
    const mine = commitIn(main, 'readme.md', 'mine');
    await expect(land(mission, worker.name)).rejects.toThrow(/conflicts.*readme\.md/);
    expect(gitIn(main)('rev-parse', 'trunk')).toBe(mine);
    expect(mine).not.toBe(before);
    expect(gitIn(main)('status', '--porcelain')).toBe('');
    expect(mission.workers.get({ name: worker.name }).status).toBe('active');
  });

  test('writes over no file that the working tree ignores', async () => {
    const mission = await startWithShop();
    commitIn(main, '.gitignore', 'notes.local\n');
    gitIn(main)('push', '-q', 'origin', 'trunk');
    const { worker } = await work(mission, { task: undefined });
    writeFileSync(path.join(worker.worktree, 'notes.local'), 'theirs');
    gitIn(worker.worktree)('add', '-f', 'notes.local');
    gitIn(worker.worktree)('commit', '-qm', 'notes');
    writeFileSync(path.join(main, 'notes.local'), 'mine');
    await expect(land(mission, worker.name)).rejects.toThrow(/would be overwritten/);
    expect(readFileSync(path.join(main, 'notes.local'), 'utf8')).toBe('mine');
  });

  test('lands nothing that is not committed', async () => {
    const mission = await startWithShop();
    const worker = await committed(mission, 'one.md', '1');
    writeFileSync(path.join(worker.worktree, 'loose.md'), 'x');
    await expect(land(mission, worker.name)).rejects.toThrow(/1 files .* not committed/);
  });
});

describe('a team that hibernates', () => {
  test('ends with its turns, stays down over a restart, and goes on with its conversation when it is woken', async () => {
    const mission = await startWithShop();
    const { worker } = await work(mission);
    await begins(mission, worker.slotId);
    const { sessionId } = mission.slot(worker.slotId);
    writeFileSync(path.join(worker.worktree, 'loose.bin'), Buffer.from([0, 255]));
    const { taskId: later } = await mission.submit({ slotId: worker.slotId, prompt: 'later' });
    expect(mission.workers.hibernate({ repository: shop }, 'test').map(({ status }) => status)).toEqual([
      'hibernated',
    ]);
    expect(mission.slot(worker.slotId).status).toBe('live');
    await ends(mission, worker.slotId, 'done');
    await until(mission, 'closed', () => mission.slots().every(({ slotId }) => slotId !== worker.slotId));
    expect(mission.task(later).status).toBe('queued');
    await stage.down();
    const second = await stage.start({ lengthOf: async () => 10 });
    expect(second.slots().map(({ slotId }) => slotId)).toEqual(['coder-1']);
    expect(stage.fake.held()).toEqual([]);
    await expect(second.submit({ slotId: worker.slotId, prompt: 'up' })).rejects.toMatchObject({
      code: 'slot_unknown',
    });
    expect([...readFileSync(path.join(worker.worktree, 'loose.bin'))]).toEqual([0, 255]);
    second.workers.wake({ repository: shop });
    await begins(second, worker.slotId, 'later');
    expect(second.slot(worker.slotId).sessionId).toBe(sessionId);
    await taskIs(second, later, 'running');
  });

  test('is mended without a hand on one that is just being made', async () => {
    const mission = await startWithShop();
    const { worker: half } = await work(mission, { task: undefined });
    const agents = createAgentLedger(stage.database().db);
    agents.update(half.slotId, { status: 'making', trouble: 'The disk was full.' });
    const [{ worker }] = await Promise.all([
      work(mission, { task: undefined }),
      vi
        .waitUntil(() => agents.inStatus('making').length === 2, { interval: 1, timeout: 20_000 })
        .then(() => mission.workers.repair({ apply: true }, never)),
    ]);
    expect(existsSync(half.worktree)).toBe(false);
    expect(existsSync(worker.worktree)).toBe(true);
    expect(mission.workers.get({ name: worker.name }).status).toBe('active');
  });

  test('is mended when a worktree has gone', async () => {
    const mission = await startWithShop();
    const { worker } = await work(mission, { task: undefined });
    expect(await mission.workers.repair({ apply: true }, never)).toEqual([]);
    rmSync(worker.worktree, { recursive: true });
    const said = await mission.workers.repair({ apply: false }, never);
    expect(said).toMatchObject([{ slotId: worker.slotId, done: false }]);
    expect(existsSync(worker.worktree)).toBe(false);
    expect(await mission.workers.repair({ apply: true }, never)).toMatchObject([{ done: true }]);
    expect(gitIn(worker.worktree)('branch', '--show-current')).toBe(worker.branch);
    rmSync(main, { recursive: true });
    expect(await mission.workers.repair({ apply: true }, never)).toMatchObject([{ done: false }]);
  });
});
