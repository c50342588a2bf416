import { z } from 'zod';
import type { Random } from '../chaos/random.ts';

/** A part of a JSON schema, as far as a value is chosen by it. */
const Schema = z.looseObject({
  type: z.string().optional(),
  enum: z.array(z.unknown()).optional(),
  const: z.unknown().optional(),
  anyOf: z.array(z.unknown()).optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
  required: z.array(z.string()).optional(),
  items: z.unknown().optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  format: z.string().optional(),
});

/** Names that mean something to the daemon that is asked. */
const KNOWN: Readonly<Record<string, readonly string[]>> = {
  slotId: ['coder-1', 'coder-2', 'researcher-1', 'nobody'],
  assignee: ['coder-1', 'coder', 'nobody'],
  role: ['coder', 'researcher', 'nobody'],
  pattern: ['Bash(npm test*)', 'Read(*)', 'Edit(./**)'],
  call: ['Bash(git push --force)', 'Read(/etc/passwd)', 'WebFetch(https://example.org)'],
  dueDate: ['2026-11-21'],
};
const MANY = 1_000_000;

function sample(schema: unknown, name: string, ids: readonly string[], random: Random): unknown {
  const known = KNOWN[name];
  if (known !== undefined) return random.pick(known);
  const of = Schema.parse(schema === true ? {} : schema);
  if (of.const !== undefined) return of.const;
  if (of.enum !== undefined && of.enum.length > 0) return random.pick(of.enum);
  if (of.anyOf !== undefined && of.anyOf.length > 0) return sample(random.pick(of.anyOf), name, ids, random);
  switch (of.type) {
    case 'boolean':
      return random.next() < 0.5;
    case 'integer':
    case 'number':
      return random.between(Math.max(of.minimum ?? 0, -MANY), Math.min(of.maximum ?? MANY, MANY));
    case 'array':
      return Array.from({ length: random.between(0, 3) }, () => sample(of.items ?? {}, name, ids, random));
    case 'object':
      return Object.fromEntries(
        Object.entries(of.properties ?? {})
          .filter(([key]) => of.required?.includes(key) === true || random.next() < 0.4)
          .map(([key, property]) => [key, sample(property, key, ids, random)]),
      );
    case 'null':
      return null;
    default:
      return ids.length > 0 && /^id$|Id$|^ids$/.test(name)
        ? random.pick(ids)
        : `words ${random.between(0, 9)}`;
  }
}

/** An input that an operation takes, or nearly. `ids`: of what there is. */
export function createSampler(input: z.ZodType): (ids: readonly string[], random: Random) => unknown {
  const schema = z.toJSONSchema(input, { io: 'input', unrepresentable: 'any' });
  return (ids, random) => sample(schema, '', ids, random);
}
