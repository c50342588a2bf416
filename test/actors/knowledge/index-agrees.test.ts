import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MissionError } from '../../../services/errors/mission-error.ts';
import { createKnowledgeStage } from './knowledge-stage.ts';

const words = fc
  .array(fc.constantFrom('deploy', 'shop', 'port', 'cache', '部署', '生产环境', 'été', '8080', '"', 'AND'), {
    minLength: 1,
    maxLength: 6,
  })
  .map((all) => all.join(' '));
const key = fc.constantFrom('a', 'b', 'c', '部');
const category = fc.constantFrom('memory', 'memory:ops', 'preference');
const step = fc.oneof(
  fc.record({ do: fc.constant('remember' as const), key, category, summary: words, add: fc.boolean() }),
  fc.record({ do: fc.constant('forget' as const), key }),
  fc.record({ do: fc.constant('undo' as const), key }),
  fc.record({ do: fc.constant('execute' as const) }),
  fc.record({ do: fc.constant('clean' as const) }),
  fc.record({ do: fc.constant('later' as const) }),
);

test('the index says what the rows say after any sequence of operations', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const stage = createKnowledgeStage();
      const { knowledge } = stage;
      const by = 'property';
      try {
        for (const one of steps) {
          try {
            if (one.do === 'remember')
              knowledge.remember(
                {
                  category: one.category,
                  key: one.key,
                  summary: one.summary,
                  onSimilar: one.add ? 'add' : 'propose',
                },
                { by },
              );
            else if (one.do === 'forget') knowledge.forget([one.key], { by });
            else if (one.do === 'undo') knowledge.undo({ key: one.key }, { by });
            else if (one.do === 'execute') knowledge.plans.execute('proposals', 2, by);
            else if (one.do === 'clean') knowledge.collector.cleanStale(1, by, false);
            else stage.later(5);
          } catch (error) {
            if (!(error instanceof MissionError)) throw error;
          }
          stage.checkIndex();
        }
        const { entries } = knowledge.list({ limit: 100 });
        for (const { id, summary } of entries) {
          const [word = ''] = summary.match(/[\p{L}\p{N}]+/u) ?? [];
          if (word === '') continue;
          expect(knowledge.search(word, { limit: 100 }).map((entry) => entry.id)).toContain(id);
        }
      } finally {
        stage.close();
      }
    }),
    { numRuns: 150 },
  );
});
