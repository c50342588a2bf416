import {
  type Document,
  isMap,
  isNode,
  LineCounter,
  type Node,
  type ParsedNode,
  parseDocument,
  visit,
} from 'yaml';
import type { z } from 'zod';
import { messageOf } from '../errors/message-of.ts';
import { MissionError, type MissionErrorCode } from '../errors/mission-error.ts';
import { readRegularFile } from './regular-file.ts';

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

/** Where the alias stands that is meant by what was said of it; else the last one, which was one too many. */
function offsetOfAlias(document: Document.Parsed<ParsedNode>, said: string): number {
  let found: Node | undefined;
  visit(document, {
    Alias(_, alias) {
      found = alias;
      return said.endsWith(`: ${alias.source}`) ? visit.BREAK : undefined;
    },
  });
  return found?.range?.[0] ?? 0;
}

interface Reading {
  readonly code: MissionErrorCode;
  /** Names to suggest for an unknown key. */
  readonly knownKeys: readonly string[];
  /** What is said of its problems is shown to others than who wrote it: nothing of the text stands in it. */
  readonly isQuoted?: false;
}

/** What the library says of a text often ends with a piece of it. */
const withoutPiece = (said: string): string => said.replace(/: .*$/s, '');

/** What a YAML text says, and the text as it can be edited without losing its comments. */
export interface YamlText<Value> {
  readonly value: Value;
  readonly document: Document.Parsed<ParsedNode>;
}

/**
 * Reads a YAML file against a schema and says where each problem stands.
 * @throws MissionError of `code`, with file, line and column of every problem
 */
export function readYamlFile<Schema extends z.ZodType>(
  file: string,
  schema: Schema,
  reading: Reading,
): z.output<Schema> {
  return readYamlText(file, sourceOf(file, reading.code), schema, reading).value;
}

/** @throws MissionError of `code` */
export function sourceOf(file: string, code: MissionErrorCode): string {
  try {
    return readRegularFile(file);
  } catch (cause) {
    throw new MissionError(code, `${file} cannot be read: ${messageOf(cause)}`, {
      cause,
      remedy: 'Create it, or name another file.',
    });
  }
}

/**
 * Reads a YAML text against a schema.
 * @param file how it is called in what is said of its problems
 * @throws MissionError of `code`, with file, line and column of every problem
 */
export function readYamlText<Schema extends z.ZodType>(
  file: string,
  source: string,
  schema: Schema,
  { code, knownKeys, isQuoted }: Reading,
): YamlText<z.output<Schema>> {
  const lines = new LineCounter();
  // What it would warn of on our own output, the schema refuses.
  const document = parseDocument(source, { lineCounter: lines, prettyErrors: false, logLevel: 'error' });
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
  const words = (said: string): string => (isQuoted === false ? withoutPiece(said) : said);
  if (document.errors.length > 0) {
    throw fail(document.errors.map((error) => ({ ...place(error.pos[0]), text: words(error.message) })));
  }
  let said: unknown;
  try {
    said = document.toJS() ?? {};
  } catch (error) {
    // Aliases of nothing, and aliases that stand for more than any file of ours says.
    const text = messageOf(error);
    throw fail([{ ...place(offsetOfAlias(document, text)), text: words(text) }]);
  }
  const parsed = schema.safeParse(said, { reportInput: true });
  if (parsed.success) return { value: parsed.data, document };

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
