import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createGh } from '../../../services/merging/gh.ts';
import { createGit } from '../../../services/worktrees/git.ts';
import { type Alone, createRepositoryTurns } from '../../../services/worktrees/repository-turns.ts';
import { type AgentsStage, createAgentsStage, never } from '../agents/agents-stage.ts';

let team: AgentsStage;
beforeEach(() => {
  team = createAgentsStage();
});
afterEach(() => team.close());

/** What writes where others of the repository write, too. */
const CHANGES = new Set(['worktree add', 'worktree remove', 'push', 'merge', 'update-ref', 'fetch']);

/** A gate that notes what it does out of its turn. */
function watchedGate() {
  const turns = createRepositoryTurns();
  const git = createGit(process.env);
  const outOfTurn: string[] = [];
  const inTurn = new Set<string>();
  let turn = 0;
  const alone: Alone = (folder, act) =>
    turns(folder, async () => {
      turn += 1;
      try {
        return await act();
      } finally {
        turn -= 1;
      }
    });
  const mergeGate = {
    alone,
    gh: createGh(process.env),
    checksFolder: path.join(team.folder, 'checks'),
    git: {
      ...git,
      git(...call: Parameters<typeof git.git>) {
        const [words] = call;
        const name = words[0] === 'worktree' ? `worktree ${words[1]}` : (words[0] ?? '');
        if (CHANGES.has(name)) {
          if (turn === 0) outOfTurn.push(words.join(' '));
          else inTurn.add(name);
        }
        return git.git(...call);
      },
    },
  };
  return { mergeGate, outOfTurn, inTurn, isAnybodysTurn: () => turn > 0 };
}

test('a merge changes the repository in its turn alone, and its check keeps nobody waiting', async () => {
  const { mergeGate, outOfTurn, inTurn, isAnybodysTurn } = watchedGate();
  const checked: boolean[] = [];
  const mission = await team.startWithShop({
    mergeGate,
    async runCheck() {
      checked.push(isAnybodysTurn());
    },
  });
  await mission.repositories.configure({ repository: 'shop' }, { configuration: { check: 'true' } });
  const { worker } = await team.work(mission, { task: undefined });
  const commit = team.commitIn(worker.worktree, 'one.md', '1');
  const person = { kind: 'person' } as const;
  const review = { repository: 'shop', commit, verdict: 'approve', comments: '' } as const;
  await mission.merging.review(review, person);
  const wish = { repository: 'shop', subject: worker.name, method: 'merge', allowProtected: false } as const;
  const merged = await mission.merging.merge(wish, person, never);
  expect(merged.rows.filter(({ ok }) => !ok)).toEqual([]);
  expect(merged).toMatchObject({ status: 'merged', pushed: true });
  expect(outOfTurn).toEqual([]);
  expect([...inTurn].toSorted()).toEqual([
    'fetch',
    'merge',
    'push',
    'update-ref',
    'worktree add',
    'worktree remove',
  ]);
  expect(checked).toEqual([false]);
});

test('what a killed daemon has left of its checks is gone after the next start, and nothing else', async () => {
  const { mergeGate } = watchedGate();
  const { checksFolder } = mergeGate;
  await team.startWithShop({ mergeGate });
  const left = path.join(checksFolder, 'merge-shop-0123456789ab');
  const strange = path.join(checksFolder, 'merge-gone-0123456789ab');
  const persons = path.join(team.folder, 'mine');
  mkdirSync(strange, { recursive: true });
  team.gitIn(team.main)('worktree', 'add', '-q', '--detach', left);
  team.gitIn(team.main)('worktree', 'add', '-q', '--detach', persons);
  writeFileSync(path.join(left, 'half'), 'written');
  await team.stage.kill9();
  await team.stage.start({ mergeGate });
  await expect.poll(() => existsSync(left) || existsSync(strange), { timeout: 20_000 }).toBe(false);
  const known = () => team.gitIn(team.main)('worktree', 'list', '--porcelain');
  await expect.poll(known, { timeout: 20_000 }).not.toContain(left);
  expect(known()).toContain(persons);
});
