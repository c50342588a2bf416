import type { Random } from '../chaos/random.ts';
import { changedAt, type JsonTree, placesIn, text, treeOf, written } from './json-tree.ts';

/** What stands where something else was expected. */
const HOSTILE: readonly string[] = [
  'null',
  'true',
  '0',
  '-1',
  '1e999999',
  '-0',
  '9007199254740993',
  '2147483647',
  '65536',
  '1e308',
  '0.1',
  '""',
  '[]',
  '{}',
  '"\\u0000"',
  '"\\ud800"',
  '"../../etc/passwd"',
  '"__proto__"',
  '"coder-1\\n"',
  '"\\u202e\\u200b\\ufeff"',
  '"\\u001b[2J\\u001b]0;x\\u0007"',
  '{"$ne":""}',
  '{"__proto__":{"slotId":"coder-1"}}',
  '{"constructor":{"prototype":{"admin":true}}}',
  '{"toString":1,"valueOf":null,"then":{}}',
];
const KEYS_OF_OBJECTS: readonly string[] = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  '',
  '\u0000',
];
/** Bytes that are no UTF-8, or hardly. */
const BROKEN: readonly Buffer[] = [
  [0xff],
  [0xc0, 0xaf],
  [0xed, 0xa0, 0x80],
  [0xf4, 0x90, 0x80, 0x80],
  [0xe2, 0x82],
  [0xef, 0xbb, 0xbf],
  [0],
  [0x0d, 0x0a, 0x0d, 0x0a],
].map((bytes) => Buffer.from(bytes));
const DEEP = 5_000;
const MANY = 100_000;

function extreme(random: Random): string {
  const times = random.between(1, DEEP);
  return random.pick([
    () => '['.repeat(times) + ']'.repeat(times),
    () => `${'{"a":'.repeat(times)}1${'}'.repeat(times)}`,
    () => '9'.repeat(random.between(1, MANY)),
    () =>
      JSON.stringify(random.pick(['x', '\u{1f600}', '\u0301', '\\', '\n']).repeat(random.between(1, MANY))),
    () => `[${'0,'.repeat(times)}0]`,
  ])();
}

function otherTree(there: JsonTree, random: Random): JsonTree {
  const hostile = text(random.next() < 0.1 ? extreme(random) : random.pick(HOSTILE));
  if (there.kind === 'text' || random.next() < 0.3) return hostile;
  if (there.kind === 'list') {
    const { items } = there;
    return random.pick<JsonTree>([
      { kind: 'list', items: [...items, ...items] },
      { kind: 'list', items: [hostile, ...items] },
      { kind: 'list', items: items.slice(1) },
    ]);
  }
  const { entries } = there;
  const at = random.between(0, Math.max(0, entries.length - 1));
  const [key, of] = entries[at] ?? ['a', hostile];
  return random.pick<JsonTree>([
    // Left out, doubled with another value before or behind, another key of it, one more.
    { kind: 'object', entries: entries.filter((_, index) => index !== at) },
    { kind: 'object', entries: [...entries, [key, hostile]] },
    { kind: 'object', entries: [[key, hostile], ...entries] },
    { kind: 'object', entries: [...entries, [random.pick(KEYS_OF_OBJECTS), of]] },
    { kind: 'object', entries: [...entries, [random.pick(KEYS_OF_OBJECTS), hostile]] },
  ]);
}

/** A message that is nearly valid: some of what it says is another thing, or stands twice, or is missing. */
export function mutatedJson(valid: unknown, random: Random): string {
  let tree = treeOf(valid);
  for (let left = random.between(1, 3); left > 0; left -= 1) {
    tree = changedAt(tree, random.between(0, placesIn(tree) - 1), (there) => otherTree(there, random));
  }
  return written(tree);
}

/** Bytes that are nearly those: bits turned over, cut off, doubled, with others in between. */
export function mutatedBytes(valid: Uint8Array, random: Random): Buffer {
  let bytes = Buffer.from(valid);
  for (let left = random.between(1, 3); left > 0; left -= 1) {
    const at = random.between(0, bytes.length);
    const to = random.between(at, Math.min(bytes.length, at + 64));
    const [before, between, after] = [bytes.subarray(0, at), bytes.subarray(at, to), bytes.subarray(to)];
    bytes = Buffer.concat(
      random.pick<() => Uint8Array[]>([
        () => [before, between.map((byte) => byte ^ (1 << random.between(0, 7))), after],
        () => [before],
        () => [before, after],
        () => [before, between, between, after],
        () => [before, random.pick(BROKEN), after],
        () => [before, Buffer.from(Array.from({ length: 8 }, () => random.between(0, 255))), between, after],
        () => [before, Buffer.alloc(random.between(1, MANY), random.between(0, 255)), after],
      ])(),
    );
  }
  return bytes;
}

/** One message in some state of health: whole now and then, so that what follows it is reached. */
export function messageLike(valid: unknown, random: Random): Buffer {
  const chance = random.next();
  if (chance < 0.2) return Buffer.from(JSON.stringify(valid));
  if (chance < 0.75) return Buffer.from(mutatedJson(valid, random));
  return mutatedBytes(Buffer.from(chance < 0.9 ? JSON.stringify(valid) : mutatedJson(valid, random)), random);
}
