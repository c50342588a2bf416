import { expect, test } from 'vitest';
import { startSlot } from './slot-bench.ts';

const WORKTREE = '/home/missiond/worktrees/project/one';

async function inWorktree() {
  const slot = startSlot();
  slot.send({ type: 'slot.start', by: 'daemon', autoRestart: true, resume: false, folder: WORKTREE });
  await slot.reaches('live');
  return slot;
}

test('a slot works where its start says', async () => {
  expect((await inWorktree()).context()).toMatchObject({ folder: WORKTREE, plan: { cwd: WORKTREE } });
});

test('it stays there when its session is renewed, dies, or its terminal is lost', async () => {
  const slot = await inWorktree();
  for (const resume of [true, false]) {
    slot.send({ type: 'slot.renew', resume });
    await slot.reaches('live');
    expect(slot.context().plan).toMatchObject({ cwd: WORKTREE, resume });
  }
  await slot.crash();
  slot.wait(slot.context().pause?.ms ?? 0);
  await slot.reaches('live');
  expect(slot.context().plan).toMatchObject({ cwd: WORKTREE, resume: true });
  slot.send({ type: 'slot.restored', alive: false, at: slot.now() });
  await slot.reaches('live');
  expect(slot.context().plan).toMatchObject({ cwd: WORKTREE, resume: true });
});

test('it goes where a renewal sends it, and home', async () => {
  const slot = await inWorktree();
  slot.send({ type: 'slot.renew', resume: false, folder: null });
  await slot.reaches('live');
  expect(slot.context().folder).toBeNull();
  expect(slot.context().plan?.cwd).not.toBe(WORKTREE);
});
