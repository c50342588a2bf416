import { expect, test } from 'vitest';
import type { KnowledgeWords } from '../../../db/schema/knowledge.ts';
import { createAddressVeil } from '../../../services/knowledge/hide-addresses.ts';
import { type PlanGround, readPlan } from '../../../services/knowledge/plan-answer.ts';

const entry = (category: string, key: string, more: Partial<KnowledgeWords> = {}): KnowledgeWords => ({
  category,
  key,
  summary: `about ${key}`,
  detail: null,
  source: 'conversation',
  confidence: 0.8,
  ...more,
});
const known = [
  entry('memory', 'a', { detail: { port: 1, of: 'a' } }),
  entry('memory', 'b', { detail: { of: 'b', host: 'x' } }),
  entry('memory', 'c'),
  entry('project', 'd'),
  entry('memory', 'twice'),
  entry('project', 'twice'),
];
const ground: PlanGround = {
  shown: (key) => known.filter((one) => one.key === key),
  taken: (category, key) => known.some((one) => one.category === category && one.key === key),
};
const read = (...operations: unknown[]) => readPlan(JSON.stringify({ operations }), ground);
const words = (key: string, more: object = {}) => ({
  category: 'memory',
  key,
  summary: 'in few words',
  ...more,
});

test('a plan is read row by row; details and the source of what it is made of are kept', () => {
  expect(
    read(
      { action: 'merge', target_keys: ['a', 'b'], new_entry: words('a'), reason: 'the same' },
      {
        action: 'update',
        target_keys: ['d'],
        new_entry: words('d', { confidence: 1 }),
        reason: 'filed wrongly',
      },
      { action: 'delete', target_keys: ['c'], reason: 'old' },
    ),
  ).toEqual({
    refused: [],
    rows: [
      {
        operation: 'merge',
        targetKeys: ['a', 'b'],
        newEntry: {
          ...words('a'),
          summary: 'in few words',
          confidence: 0.8,
          source: 'conversation',
          detail: { port: 1, of: 'a', host: 'x' },
        },
        rationale: 'the same',
      },
      {
        operation: 'update',
        targetKeys: ['d'],
        newEntry: {
          ...words('d'),
          summary: 'in few words',
          confidence: 1,
          source: 'conversation',
          detail: null,
        },
        rationale: 'filed wrongly',
      },
      { operation: 'delete', targetKeys: ['c'], newEntry: null, rationale: 'old' },
    ],
  });
});

test.each([
  ['names nothing that is known', { action: 'delete', target_keys: ['z'] }, /"z" is none of the entries/],
  ['names what several categories know', { action: 'delete', target_keys: ['twice'] }, /several categories/],
  ['is no operation', { action: 'explode', target_keys: ['a'] }, /action/],
  ['is no object', 'delete everything', /expected object/i],
  ['has no words', { action: 'update', target_keys: ['a'] }, /no words/],
  [
    'would empty a summary',
    { action: 'update', target_keys: ['a'], new_entry: words('a', { summary: ' ' }) },
    /summary/,
  ],
  [
    'merges over categories',
    { action: 'merge', target_keys: ['a', 'd'], new_entry: words('a') },
    /one category/,
  ],
  ['merges one', { action: 'merge', target_keys: ['a'], new_entry: words('a') }, /one entry alone/],
  [
    'distills two',
    { action: 'distill', target_keys: ['a', 'b'], new_entry: words('a') },
    /one entry at a time/,
  ],
  [
    'takes the place of another',
    { action: 'update', target_keys: ['a'], new_entry: words('b') },
    /known already/,
  ],
  [
    'changes nothing',
    { action: 'update', target_keys: ['c'], new_entry: entry('memory', 'c', { detail: null }) },
    /detail|changes nothing/,
  ],
  [
    'holds a secret',
    { action: 'update', target_keys: ['a'], new_entry: words('a', { summary: 'password: hunter2222' }) },
    /secret/,
  ],
  [
    'keeps what was hidden',
    { action: 'update', target_keys: ['a'], new_entry: words('a', { summary: 'It is [secret].' }) },
    /hidden/,
  ],
  [
    'files it nowhere',
    { action: 'update', target_keys: ['a'], new_entry: words('a', { category: 'Not A Category' }) },
    /category/,
  ],
])('a row that %s is refused, and the others stand', (_, row, why) => {
  const plan = read(row, { action: 'delete', target_keys: ['c'], reason: 'old' });
  expect(plan.refused).toEqual([{ place: 'operation 1', why: expect.stringMatching(why) }]);
  expect(plan.rows).toMatchObject([{ operation: 'delete', targetKeys: ['c'] }]);
});

test('an entry is part of one operation', () => {
  const twice = read(
    { action: 'delete', target_keys: ['c'] },
    { action: 'update', target_keys: ['c'], new_entry: words('c') },
  );
  expect(twice).toMatchObject({ rows: [{ operation: 'delete' }], refused: [{ place: 'operation 2' }] });
});

test.each([
  ['words before and behind', 'Here it is:\n```json\n{"operations": []}\n```\nDone.', undefined],
  ['a bare list', '[]', undefined],
  ['a cut answer', '{"operations": [{"action": "del', /no list/],
  ['no JSON', 'I would rather not.', /no list/],
  ['another object', '{"plan": []}', /no list/],
])('%s', (_, answer, broken) => {
  const plan = readPlan(answer, ground);
  expect(plan.rows).toEqual([]);
  if (broken === undefined) expect(plan.broken).toBeUndefined();
  else expect(plan.broken).toMatch(broken);
});

test('addresses are hidden, and put back in what comes back', () => {
  const veil = createAddressVeil();
  expect(veil.hide('10.0.0.1 and 10.0.0.2, 10.0.0.1 again; version 1.2.3, 1.2.3.4.5, 300.1.1.1')).toBe(
    '[address-1] and [address-2], [address-1] again; version 1.2.3, 1.2.3.4.5, 300.1.1.1',
  );
  expect(veil.reveal('use [address-2], not [address-9]')).toBe('use 10.0.0.2, not [address-9]');
});

test('a model that falls into repeating a bracket is read at once, as saying nothing', () => {
  for (const bracket of ['{', '['])
    expect(readPlan(bracket.repeat(2_000_000), ground)).toMatchObject({
      rows: [],
      broken: expect.any(String),
    });
});

test.each([
  ['brackets in the words before it', 'I looked at [3] of [address-1]: {"operations": OPS} Done [ok].'],
  ['a fence', '```json\n{"operations": OPS}\n```'],
  ['a list alone', 'Here it is:\nOPS'],
])('a plan with %s is found', (_, answer) => {
  const operations = JSON.stringify([{ action: 'delete', target_keys: ['c'] }]);
  expect(readPlan(answer.replace('OPS', operations), ground)).toMatchObject({
    rows: [{ operation: 'delete', targetKeys: ['c'] }],
  });
});
