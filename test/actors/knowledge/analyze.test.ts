import { afterEach, beforeEach, expect, test } from 'vitest';
import { type StubReply, type StubRequest, startOpenAiStub } from '../../services/router/openai-stub.ts';
import { createKnowledgeStage, type KnowledgeStage } from './knowledge-stage.ts';

const BY = { by: 'test', signal: new AbortController().signal };
const USUAL = { limit: 100, offset: 0, includeBoard: false, savePlan: true };

let stub: Awaited<ReturnType<typeof startOpenAiStub>>;
let does: (request: StubRequest) => StubReply;
let stage: KnowledgeStage;
beforeEach(async () => {
  stub = await startOpenAiStub((request) => does(request));
  const backend = { name: 'stub', type: 'openai', base_url: stub.url, models: [{ name: 'm' }], retries: 0 };
  stage = createKnowledgeStage({}, { backends: [backend] });
});
afterEach(async () => {
  stage.checkIndex();
  stage.close();
  await stub.close();
});

const remember = (category: string, key: string, summary: string, detail?: Record<string, unknown>) =>
  stage.knowledge.remember({ category, key, summary, detail, onSimilar: 'add' }, { by: 'test' });
const sent = (): string =>
  stub
    .requests()
    .at(-1)
    ?.messages.map(({ content }) => content)
    .join('\n') ?? '';
const summaryOf = (key: string) => stage.knowledge.get(key).summary;
const planning = (...operations: object[]): void => {
  does = () => ({ say: JSON.stringify({ operations }) });
};

test('a plan waits in the queue; nothing of it happens before it is executed, and all of it can be taken back', async () => {
  remember('memory', 'db-host', 'The database is at 10.1.2.3', { port: 5432 });
  remember('memory', 'database', 'The database of staging is at 10.1.2.3');
  remember('memory', 'old', 'We still use svn');
  planning(
    {
      action: 'merge',
      target_keys: ['db-host', 'database'],
      new_entry: { category: 'memory', key: 'db-host', summary: 'Staging database: [address-1]' },
      reason: 'They say the same.',
    },
    { action: 'delete', target_keys: ['old'], reason: 'Out of date.' },
    { action: 'delete', target_keys: ['never-known'], reason: 'Made up.' },
  );
  const told = await stage.knowledge.analyze({ ...USUAL, mode: 'consolidation_plan' }, BY);
  expect(told).toMatchObject({
    model: 'm',
    entriesInRequest: 3,
    totalEntries: 3,
    hasMore: false,
    refused: [{ place: 'operation 3', why: expect.stringContaining('never-known') }],
  });
  expect(sent()).not.toContain('10.1.2.3');
  expect(summaryOf('old')).toBe('We still use svn');
  const { operations } = stage.knowledge.plans.status({ planId: told.planId }, 10);
  expect(operations).toMatchObject([
    { operation: 'merge', status: 'pending', by: 'test', rationale: 'They say the same.' },
    { operation: 'delete', status: 'pending' },
  ]);
  const run = stage.knowledge.plans.execute(told.planId ?? '', 10, 'test');
  expect(run).toMatchObject({ executed: 2, remaining: 0 });
  expect(stage.knowledge.get('db-host')).toMatchObject({
    summary: 'Staging database: 10.1.2.3',
    detail: { port: 5432 },
  });
  expect(() => stage.knowledge.get('old')).toThrow();
  stage.knowledge.undo({ batch: run.batch }, { by: 'test' });
  expect(summaryOf('database')).toBe('The database of staging is at 10.1.2.3');
  expect(summaryOf('old')).toBe('We still use svn');
});

test('what has changed since it was planned is left alone', async () => {
  remember('memory', 'a', 'first words');
  remember('memory', 'b', 'of another');
  planning({ action: 'delete', target_keys: ['a'] }, { action: 'delete', target_keys: ['b'] });
  const { planId = '' } = await stage.knowledge.analyze({ ...USUAL, mode: 'consolidation_plan' }, BY);
  stage.later(0.1);
  remember('memory', 'a', 'better words');
  expect(stage.knowledge.plans.execute(planId, 10, 'test').results).toMatchObject([
    { status: 'failed', error: expect.stringContaining('has changed') },
    { status: 'done' },
  ]);
  expect(summaryOf('a')).toBe('better words');
});

test('nor is what changes while the model thinks', async () => {
  remember('memory', 'a', 'first words');
  does = () => {
    stage.later(0.1);
    remember('memory', 'a', 'better words');
    return { say: '{"operations": [{"action": "delete", "target_keys": ["a"]}]}' };
  };
  const told = await stage.knowledge.analyze({ ...USUAL, mode: 'consolidation_plan' }, BY);
  expect(told).toMatchObject({ plan: [], refused: [{ why: expect.stringContaining('has changed') }] });
  expect(told.planId).toBeUndefined();
});

test('it is looked at page by page, one kind or all, without what is never shown', async () => {
  for (const key of ['a', 'b', 'c']) remember('memory:ops', key, `about ${key}`);
  remember('project', 'd', 'about d');
  remember('credential', 'vault', 'where the keys are');
  does = () => ({ say: 'All is well.' });
  const page = { ...USUAL, mode: 'overview' as const, limit: 2 };
  expect(await stage.knowledge.analyze(page, BY)).toMatchObject({
    analysis: 'All is well.',
    entriesInRequest: 2,
    totalEntries: 4,
    hasMore: true,
  });
  expect(await stage.knowledge.analyze({ ...page, offset: 2 }, BY)).toMatchObject({ hasMore: false });
  expect(sent()).toContain('about d');
  expect(sent()).not.toContain('vault');
  expect(await stage.knowledge.analyze({ ...page, category: 'memory' }, BY)).toMatchObject({
    totalEntries: 3,
  });
  await expect(stage.knowledge.analyze({ ...page, offset: 4 }, BY)).rejects.toMatchObject({
    remedy: 'Take an offset below 4.',
  });
  await expect(stage.knowledge.analyze({ ...page, mode: 'custom' }, BY)).rejects.toMatchObject({
    code: 'input_invalid',
  });
  await stage.knowledge.analyze({ ...page, mode: 'custom', prompt: 'Which ones are about food?' }, BY);
  expect(sent()).toContain('Which ones are about food?');
  expect(stub.requests()).toHaveLength(4);
});

test('an answer that is no plan is shown as it is, and changes nothing', async () => {
  remember('memory', 'a', 'first words');
  does = () => ({ say: 'I would rather not.' });
  expect(await stage.knowledge.analyze({ ...USUAL, mode: 'consolidation_plan' }, BY)).toMatchObject({
    analysis: 'I would rather not.',
    broken: expect.any(String),
  });
  expect(stage.knowledge.plans.status({}, 10).operations).toEqual([]);
});
