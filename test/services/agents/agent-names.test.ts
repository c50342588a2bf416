import { expect, test } from 'vitest';
import { newNames } from '../../../services/agents/agent-names.ts';

/** Takes as many names as are asked for, each as soon as it is drawn. */
function take(count: number, taken: Set<string>, isTaken = (name: string) => taken.has(name)): string[] {
  const names = newNames(isTaken);
  return Array.from({ length: count }, () => {
    const name = names.next().value;
    taken.add(name);
    return name;
  });
}

test('a name is two words, and none comes twice', () => {
  const drawn = take(5_000, new Set());
  expect(new Set(drawn).size).toBe(drawn.length);
  for (const name of drawn.slice(0, 20)) expect(name).toMatch(/^[a-z]+-[a-z]+$/);
});

test('when all names are used up it goes on with numbers, and none comes twice', () => {
  const taken = new Set<string>();
  const isUsedUp = (name: string) => /^[a-z]+-[a-z]+$/.test(name) || taken.has(name);
  const drawn = take(500, taken, isUsedUp);
  expect(new Set(drawn).size).toBe(drawn.length);
  for (const name of drawn) expect(name).toMatch(/^[a-z]+-[a-z]+-\d+$/);
});

test('nor is anybody kept waiting when the numbers are far along', () => {
  const numberOf = (name: string): number => Number(name.split('-')[2] ?? 1);
  const [name = ''] = take(1, new Set(), (one) => numberOf(one) < 10_000);
  expect(numberOf(name)).toBe(10_000);
});
