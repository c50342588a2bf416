import { readFileSync } from 'node:fs';
import { isMap, isNode, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { MissionError, type MissionErrorCode } from '../errors/mission-error.ts';

interface Problem {
  readonly line: number;
  readonly column: number;
  readonly text: string;
}

/** How many letters may differ for a key to be taken as a slip of the pen. */
const NEAR = 2;

function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(
        Math.min(
          (row[j] ?? 0) + 1,
          (next[j - 1] ?? 0) + 1,
          (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1),
        ),
      );
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

function suggestion(key: string, known: readonly string[]): string {
  const [near] = known
    .map((name) => ({ name, far: distance(key.toLowerCase(), name.toLowerCase()) }))
    .filter(({ far }) => far <= NEAR)
    .sort((a, b) => a.far - b.far);
  return near === undefined ? '' : ` Did you mean "${near.name}"?`;
}

/**
 * Reads a YAML file against a schema and says where each problem stands.
 * @param knownKeys names to suggest for an unknown key
 * @throws MissionError of `code`, with file, line and column of every problem
 */
export function readYamlFile<Schema extends z.ZodType>(
  file: string,
  schema: Schema,
  { code, knownKeys }: { readonly code: MissionErrorCode; readonly knownKeys: readonly string[] },
): z.output<Schema> {
  let source: string;
  try {
    source = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new MissionError(
      code,
      `${file} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause, remedy: 'Create it, or name another file.' },
    );
  }
  const lines = new LineCounter();
  const document = parseDocument(source, { lineCounter: lines, prettyErrors: false });
  const place = (offset: number): { line: number; column: number } => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const fail = (problems: readonly Problem[]): MissionError =>
    new MissionError(
      code,
      problems.map(({ line, column, text }) => `${file}:${line}:${column}: ${text}`).join('\n'),
      {
        remedy: 'Mend the file and start again; nothing of it was used.',
      },
    );
  if (document.errors.length > 0) {
    throw fail(document.errors.map((error) => ({ ...place(error.pos[0]), text: error.message })));
  }
  const parsed = schema.safeParse(document.toJS() ?? {}, { reportInput: true });
  if (parsed.success) return parsed.data;

  /** The node of a path, or the nearest one above it that exists. */
  const offsetOf = (steps: readonly PropertyKey[], key?: string): number => {
    for (let length = steps.length; length >= 0; length--) {
      const node: unknown = length === 0 ? document.contents : document.getIn(steps.slice(0, length), true);
      if (!isNode(node)) continue;
      if (key !== undefined && isMap(node)) {
        const pair = node.items.find((item) => String(item.key) === key);
        if (pair !== undefined && isNode(pair.key)) return pair.key.range?.[0] ?? 0;
      }
      return node.range?.[0] ?? 0;
    }
    return 0;
  };
  const problems = parsed.error.issues.flatMap((issue): Problem[] => {
    const where = issue.path.length === 0 ? '' : `${issue.path.map(String).join('.')}: `;
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({
        ...place(offsetOf(issue.path, key)),
        text: `${where}unknown key "${key}".${suggestion(key, knownKeys)}`,
      }));
    }
    // zod says "expected string, received undefined" of a key that is not there.
    const missing = issue.code === 'invalid_type' && issue.input === undefined && issue.path.length > 0;
    return [
      { ...place(offsetOf(issue.path)), text: missing ? `${where}is missing` : `${where}${issue.message}` },
    ];
  });
  throw fail(problems);
}
