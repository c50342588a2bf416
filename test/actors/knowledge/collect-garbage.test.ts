import { afterEach, expect, test } from 'vitest';
import { createKnowledgeStage, type KnowledgeStage } from './knowledge-stage.ts';

const by = 'cli';
let stage: KnowledgeStage;
afterEach(() => {
  stage.checkIndex();
  stage.close();
});

function fill(categories: readonly string[]): void {
  for (const category of categories)
    stage.knowledge.remember({ category, key: category, summary: `something of ${category}` }, { by });
}
const known = () => stage.knowledge.list({ limit: 100 }).entries.map(({ category }) => category);

test('each category is kept as long as its tier says, and a dry run changes nothing', () => {
  stage = createKnowledgeStage();
  const { collector } = stage.knowledge;
  fill([
    'preference',
    'memory:decision',
    'memory:architecture',
    'project',
    'memory:bugfix',
    'memory:debug',
    'procedure',
  ]);
  const all = known();
  stage.later(8);
  expect(collector.cleanStale(undefined, by, true).entries.map(({ key }) => key)).toEqual(['memory:debug']);
  expect(known()).toEqual(all);
  expect(collector.cleanStale(undefined, by, false).batch).toBeDefined();
  stage.later(30);
  expect(collector.stale(undefined).map(({ key }) => key)).toEqual(['memory:bugfix']);
  stage.later(40);
  stage.knowledge.get('procedure');
  stage.later(60);
  expect(collector.stale(undefined).map(({ key }) => key)).toEqual(['memory:bugfix']);
  stage.later(40);
  expect(collector.stale(undefined).map(({ key }) => key)).toEqual(['memory:bugfix', 'procedure']);
  const { batch = '' } = collector.cleanStale(undefined, by, false);
  expect(known()).toEqual(['memory:architecture', 'memory:decision', 'preference', 'project']);
  stage.knowledge.undo({ batch }, { by });
  expect(known()).toContain('procedure');
});

test('slots.yaml says otherwise', () => {
  stage = createKnowledgeStage({ tiers: { memory: 'always', preference: { days: 1 }, '*': { days: 2 } } });
  fill(['memory:ops', 'preference', 'procedure', 'memory:bugfix']);
  stage.later(3);
  expect(stage.knowledge.collector.stale(undefined).map(({ key }) => key)).toEqual([
    'preference',
    'procedure',
  ]);
});

test('what nobody has used for so long is shown, but not what is always kept', () => {
  stage = createKnowledgeStage();
  fill(['preference', 'procedure']);
  stage.later(20);
  expect(stage.knowledge.collector.stale(14).map(({ key }) => key)).toEqual(['procedure']);
});

test('duplicates are shown; only those that say the very same are forgotten, the one that is used stays', () => {
  stage = createKnowledgeStage();
  const add = (key: string, summary: string) =>
    stage.knowledge.remember({ category: 'memory', key, summary, onSimilar: 'add' }, { by });
  add('restart-worker', 'Restart the worker of the queue with systemctl');
  add('restart worker', 'Restart the worker of the queue with systemctl restart');
  add('restart-the-cache', 'Restart the worker of the cache with systemctl');
  add('restart-worker!', 'Restart the worker of the queue with systemctl');
  stage.knowledge.get('restart-worker!');
  const { pairs } = { pairs: stage.knowledge.collector.duplicates() };
  expect(pairs.length).toBeGreaterThan(1);
  expect(pairs[0]).toMatchObject({ keep: { key: 'restart-worker!' }, similarity: 1 });
  const { entries } = stage.knowledge.collector.cleanDuplicates(by, false);
  expect(entries.map(({ key }) => key)).toEqual(['restart-worker']);
});
