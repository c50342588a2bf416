import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { RememberRequest } from '../../../actors/knowledge/api.ts';
import { createKnowledgeStage, type KnowledgeStage } from './knowledge-stage.ts';

const by = 'mcp:desk';
let stage: KnowledgeStage;
beforeEach(() => {
  stage = createKnowledgeStage();
});
afterEach(() => {
  stage.checkIndex();
  stage.close();
});

function remember(request: Partial<RememberRequest> & { readonly key: string; readonly summary: string }) {
  return stage.knowledge.remember({ category: 'memory', ...request }, { by });
}
const keys = (query: string, category?: string): readonly string[] =>
  stage.knowledge.search(query, { category, limit: 20 }).map(({ key }) => key);

describe('remembering', () => {
  test('the same key is an update, and the words before are kept', () => {
    expect(remember({ key: 'port', summary: 'The service listens on 8080' }).action).toBe('created');
    expect(remember({ key: 'port', summary: 'The service listens on 9090' })).toMatchObject({
      action: 'updated',
      entry: { summary: 'The service listens on 9090' },
    });
    expect(remember({ key: 'port', summary: 'The service listens on 9090' }).action).toBe('unchanged');
    expect(stage.knowledge.history('port')).toMatchObject([
      { kind: 'created', by },
      {
        kind: 'updated',
        before: { summary: 'The service listens on 8080' },
        after: { summary: 'The service listens on 9090' },
      },
    ]);
    expect(keys('8080')).toEqual([]);
    expect(keys('9090')).toEqual(['port']);
  });

  test('what says nearly the same is proposed with both texts, and nothing is stored', () => {
    remember({ key: 'deploy-command', summary: 'Deploy the shop with make deploy on the main branch' });
    const again = remember({
      key: 'deploying',
      summary: 'Deploy the shop with make deploy on the main branch',
    });
    expect(again).toMatchObject({
      action: 'proposed',
      similar: { entry: { key: 'deploy-command' }, similarity: expect.any(Number) },
    });
    expect(stage.knowledge.list({ limit: 10 }).entries.map(({ key }) => key)).toEqual(['deploy-command']);
    const { operations } = stage.knowledge.plans.status({ planId: 'proposals' }, 10);
    expect(operations).toMatchObject([
      { status: 'pending', targetKeys: ['deploy-command'], newEntry: { key: 'deploying' } },
    ]);
    remember({ key: 'deploying', summary: 'Deploy the shop with make deploy on the main branch' });
    expect(stage.knowledge.plans.status({}, 10).operations).toHaveLength(1);
  });

  test('is found among very many that share its common words', () => {
    remember({ key: 'cache-flush', summary: 'Flush the Varnish cache of the service after each release' });
    for (let index = 0; index < 700; index++)
      remember({
        key: `service-${index}`,
        summary: `The service of region ${index} runs after each release of part ${index * 7}`,
        onSimilar: 'add',
      });
    expect(
      remember({ key: 'flush-cache', summary: 'Flush the Varnish cache of the service after each release' }),
    ).toMatchObject({ action: 'proposed', similar: { entry: { key: 'cache-flush' } } });
  });

  test('two facts in like words both stay when somebody says so', () => {
    remember({ key: 'port-of-shop', summary: 'The shop listens on port 8080 of the host' });
    expect(
      remember({
        key: 'port-of-blog',
        summary: 'The blog listens on port 8081 of the host',
        onSimilar: 'add',
      }).action,
    ).toBe('created');
    expect(keys('listens')).toHaveLength(2);
  });

  test('the same key in another category is another entry, and is told', () => {
    remember({ key: 'style', summary: 'Tabs', category: 'preference' });
    expect(remember({ key: 'style', summary: 'House style of the docs', category: 'project' })).toMatchObject(
      {
        action: 'created',
        alsoIn: ['preference'],
      },
    );
    expect(() => stage.knowledge.get('style')).toThrow(/Several categories/);
    expect(stage.knowledge.get('style', 'preference').summary).toBe('Tabs');
  });

  test.each([
    ['a token', { summary: `use ghp_${'a1B2'.repeat(9)} for pushing` }],
    ['a password', { summary: 'the database password: hunter2hunter' }],
    ['a key in the detail', { summary: 'how to reach it', detail: { api_key: 'abcdef123456' } }],
    ['sshpass', { summary: 'log in with sshpass -p hunter2 ssh root@host' }],
  ])('refuses %s', (_, words) => {
    expect(() => remember({ key: 'access', ...words })).toThrow(
      expect.objectContaining({ code: 'secret_refused' }),
    );
    expect(stage.knowledge.list({ limit: 10 }).entries).toEqual([]);
  });

  test('does not take speaking of secrets for one', () => {
    expect(remember({ key: 'vault', summary: 'The password is in the vault under shop/db' }).action).toBe(
      'created',
    );
    expect(remember({ key: 'env', summary: 'Set API_KEY=<your key> before the start' }).action).toBe(
      'created',
    );
  });
});

describe('searching', () => {
  beforeEach(() => {
    remember({ key: 'build', summary: 'Run npm run build before the tests', category: 'procedure' });
    remember({ key: 'builder-image', summary: 'Docker image of the builders', category: 'infra' });
    remember({ key: 'café', summary: 'Meeting point, Straße 7', category: 'memory:ops' });
    remember({ key: '部署', summary: '用 make deploy 部署到生产环境', category: 'procedure' });
    remember({ key: 'nginx', summary: '反向代理 nginx 的配置', category: 'memory' });
  });

  test.each<[string, string, readonly string[]]>([
    ['words anywhere', 'tests npm', ['build']],
    ['beginnings of longer words', 'docke', ['builder-image']],
    ['beginnings that are asked for', 'bui*', ['build', 'builder-image']],
    ['phrases', '"image of the builders"', ['builder-image']],
    ['no phrase in another order', '"builders of the image"', []],
    ['accents aside', 'cafe', ['café']],
    ['two letters of Chinese', '部署', ['部署']],
    ['one letter of Chinese', '代', ['nginx']],
    ['Chinese and a name', '配置 nginx', ['nginx']],
    ['what has some of the words, when none has all', 'docker kubernetes', ['builder-image']],
    ['letters of the query language', 'NEAR( OR " * -', []],
    ['operators as words', 'a AND "b', []],
  ])('finds %s', (_, query, found) => {
    expect([...keys(query)].sort()).toEqual([...found].sort());
  });

  test('a category means what is below it, too', () => {
    expect(keys('meeting', 'memory')).toEqual(['café']);
    expect(keys('meeting', 'memory:ops')).toEqual(['café']);
    expect(keys('meeting', 'mem')).toEqual([]);
    expect(keys('部署', 'infra')).toEqual([]);
    expect(keys('', 'procedure')).toEqual(['部署', 'build']);
  });

  test('a hit in the key comes before one in the text; what is used and fresh before what is not', () => {
    remember({ key: 'proxy', summary: 'see elsewhere' });
    remember({ key: 'other', summary: 'it stands behind a proxy' });
    expect(keys('proxy')).toEqual(['proxy', 'other']);
    remember({ key: 'one', summary: 'restart the queue worker', category: 'memory:a' });
    remember({ key: 'two', summary: 'restart the queue worker', category: 'memory:b' });
    stage.later(400);
    for (let times = 0; times < 3; times++) stage.knowledge.get('one');
    expect(keys('restart queue')).toEqual(['one', 'two']);
  });

  test('words that are nearly everywhere hide nothing: rarer ones rank, and alone they rank by where they stand', () => {
    remember({ key: 'cache-flush', summary: 'Flush the Varnish cache of the service' });
    for (let index = 0; index < 1_100; index++)
      remember({
        key: `part-${index}`,
        summary: `The service of region ${index} and part ${index * 7}`,
        onSimilar: 'add',
      });
    remember({ key: 'service', summary: 'it is the shop', onSimilar: 'add' });
    remember({ key: 'last', summary: 'nothing', detail: { text: 'a service of ours' }, onSimilar: 'add' });
    expect(keys('service varnish')[0]).toBe('cache-flush');
    expect(keys('service "region 77"')[0]).toBe('part-77');
    const ranked = keys('service');
    expect(ranked[0]).toBe('service');
    expect(ranked).not.toContain('last');
    expect(keys('service', 'procedure')).toEqual([]);
  });

  test('only what somebody was given counts as used', () => {
    keys('build');
    stage.knowledge.list({ limit: 10 });
    expect(stage.knowledge.collector.stats()).toMatchObject({ neverAccessed: 5, mostAccessed: [] });
    stage.knowledge.get('build');
    expect(stage.knowledge.collector.stats()).toMatchObject({
      neverAccessed: 4,
      mostAccessed: [{ key: 'build', accessCount: 1 }],
    });
  });

  test('a list goes on where it was left', () => {
    const first = stage.knowledge.list({ limit: 3 });
    const second = stage.knowledge.list({ limit: 3, cursor: first.next });
    const all = [...first.entries, ...second.entries].map(({ category, key }) => `${category}/${key}`);
    expect(all).toEqual([
      'infra/builder-image',
      'memory/nginx',
      'memory:ops/café',
      'procedure/build',
      'procedure/部署',
    ]);
    expect(second.next).toBeUndefined();
    expect(() => stage.knowledge.list({ limit: 3, cursor: 'nonsense' })).toThrow(/no cursor/);
  });
});

describe('forgetting', () => {
  test('what is named twice is forgotten once', () => {
    stage.knowledge.remember({ category: 'memory', key: 'twice', summary: 'Named two times' }, { by });
    expect(stage.knowledge.forget(['twice', 'twice'], { by }).forgotten).toHaveLength(1);
    expect(stage.knowledge.history('twice').map(({ kind }) => kind)).toEqual(['created', 'forgotten']);
  });

  test('can be taken back, with the same id, and taking back too', () => {
    const id = remember({ key: 'port', summary: 'It is 8080' }).entry?.id;
    const { batch } = stage.knowledge.forget(['port'], { by });
    expect(keys('8080')).toEqual([]);
    expect(() => stage.knowledge.get('port')).toThrow(/Nothing is known/);
    expect(stage.knowledge.undo({ batch }, { by }).undone).toMatchObject([{ id, key: 'port' }]);
    expect(keys('8080')).toEqual(['port']);
    expect(stage.knowledge.undo({ key: 'port' }, { by }).undone).toHaveLength(1);
    expect(keys('8080')).toEqual([]);
  });

  test('a batch is taken back as a whole, but for what was changed since', () => {
    const together = { by, batch: 'a-job', origin: { sessionId: 'x', messageIds: [1, 2] } };
    remember({ key: 'old', summary: 'as it was' });
    stage.knowledge.remember({ category: 'memory', key: 'old', summary: 'made wrong' }, together);
    stage.knowledge.remember({ category: 'memory', key: 'new', summary: 'wrong, too' }, together);
    stage.knowledge.remember({ category: 'memory', key: 'kept', summary: 'wrong at first' }, together);
    remember({ key: 'kept', summary: 'mended by hand' });
    expect(stage.knowledge.history('new')[0]?.origin).toEqual({ sessionId: 'x', messageIds: [1, 2] });
    const { undone, left } = stage.knowledge.undo({ batch: 'a-job' }, { by });
    expect(undone.map(({ key }) => key).sort()).toEqual(['new', 'old']);
    expect(left).toEqual(['"kept" was changed since.']);
    expect(stage.knowledge.get('old').summary).toBe('as it was');
    expect(stage.knowledge.get('kept').summary).toBe('mended by hand');
    expect(() => stage.knowledge.get('new')).toThrow();
  });

  test('a key that is known anew is not taken over by what comes back', () => {
    remember({ key: 'port', summary: 'It was 8080' });
    const { batch } = stage.knowledge.forget(['port'], { by });
    remember({ key: 'port', summary: 'It is 9090' });
    expect(stage.knowledge.undo({ batch }, { by })).toMatchObject({
      undone: [],
      left: ['"port" (memory) is known anew; forget that first.'],
    });
    expect(stage.knowledge.get('port').summary).toBe('It is 9090');
  });
});

describe('what is proposed', () => {
  beforeEach(() => {
    remember({ key: 'deploy', summary: 'Deploy the shop with make deploy on the main branch' });
    remember({ key: 'deploying', summary: 'Deploy the shop with make deploy on the main branch, at noon' });
  });

  test('is done when somebody says so, and can be undone', () => {
    const { executed, results, batch } = stage.knowledge.plans.execute('proposals', 5, by);
    expect([executed, results[0]?.status]).toEqual([1, 'done']);
    expect(stage.knowledge.list({ limit: 10 }).entries).toMatchObject([{ key: 'deploying' }]);
    stage.knowledge.undo({ batch }, { by });
    expect(stage.knowledge.list({ limit: 10 }).entries).toMatchObject([{ key: 'deploy' }]);
  });

  test('is dropped when nobody wants it', () => {
    const [operation] = stage.knowledge.plans.status({}, 1).operations;
    expect(stage.knowledge.plans.drop([operation?.id ?? 0])).toBe(1);
    expect(stage.knowledge.plans.execute('proposals', 5, by)).toMatchObject({ executed: 0, remaining: 0 });
  });

  test('changes nothing when what it was about has gone', () => {
    stage.knowledge.forget(['deploy'], { by });
    const { results } = stage.knowledge.plans.execute('proposals', 5, by);
    expect(results).toMatchObject([{ status: 'failed', error: expect.stringContaining('"deploy"') }]);
    expect(stage.knowledge.list({ limit: 10 }).entries).toEqual([]);
  });
});
