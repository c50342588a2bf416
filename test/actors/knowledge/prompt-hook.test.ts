import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createStage, hook, startIdle } from '../mission-stage.ts';

let stage: ReturnType<typeof createStage>;
beforeEach(() => {
  stage = createStage();
});
afterEach(() => stage.close());

test('the hook of a prompt is answered with what is known while somebody else writes to the database', async () => {
  const mission = await startIdle(stage);
  mission.knowledge.remember(
    { category: 'procedure', key: 'release', summary: 'Tag the commit, then npm run release' },
    { by: 'test' },
  );
  const other = new Database(stage.database().raw.name);
  try {
    other.exec('begin immediate');
    const reply = await hook(mission, 'UserPromptSubmit', { prompt: 'make a release' });
    expect(other.inTransaction).toBe(true);
    expect(JSON.stringify(reply)).toContain('npm run release');
  } finally {
    // Before the journal's turn comes, which would wait for it and be refused.
    other.close();
  }
  expect(await hook(mission, 'UserPromptSubmit', { prompt: 'make a release' })).toEqual({});
  expect(stage.errors).toEqual([]);
});
