import { open, readdir, realpath } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { readEntry } from '../conversations/transcript-entry.ts';

/** Tokens as the API counts them. */
export interface Tokens {
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
}

export const NO_TOKENS: Tokens = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 };

const TokensShape = z.object({
  input: z.number(),
  output: z.number(),
  cacheRead: z.number(),
  cacheWrite: z.number(),
});
/** Usage of the last answers that were counted, by what names them. */
export const RecentUsage = z.record(z.string(), TokensShape);
export type RecentUsage = z.infer<typeof RecentUsage>;

/** How far a file has been counted. */
export interface UsageMark {
  readonly offset: number;
  readonly recent: RecentUsage;
}

export const NOTHING_COUNTED: UsageMark = { offset: 0, recent: {} };

/** Read at a time; a line may be longer than this. */
const CHUNK_BYTES = 256 * 1024;
/** A longer line is no message of the model; nothing of it is kept in memory. */
const LONGEST_LINE_BYTES = 8 * 1024 * 1024;
/** Lines of one message follow each other, but those of several subagents may be mixed. */
const KEPT_MESSAGES = 20;
const NEWLINE = 0x0a;

function usageOf(line: string): { readonly id: string; readonly tokens: Tokens } | null {
  // Most lines have none, and are long.
  if (!line.includes('"usage"')) return null;
  const entry = readEntry(line);
  if (entry.kind !== 'message' || entry.from !== 'assistant' || entry.usage === null) return null;
  const { answer, input, output, cacheRead, cacheWrite, cacheWriteLong } = entry.usage;
  return { id: answer, tokens: { input, output, cacheRead, cacheWrite: cacheWrite + cacheWriteLong } };
}

function combine(a: Tokens, b: Tokens, how: (a: number, b: number) => number): Tokens {
  return {
    input: how(a.input, b.input),
    output: how(a.output, b.output),
    cacheRead: how(a.cacheRead, b.cacheRead),
    cacheWrite: how(a.cacheWrite, b.cacheWrite),
  };
}

const addTokens = (a: Tokens, b: Tokens): Tokens => combine(a, b, (x, y) => x + y);

/** Whole lines from `start` on, with the byte after each. A last line without its end is left for the next time. */
async function* linesFrom(file: string, start: number): AsyncGenerator<{ line: string; end: number }> {
  const handle = await open(file, 'r');
  try {
    let at = start;
    let rest: Buffer[] = [];
    let restBytes = 0;
    for (;;) {
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(CHUNK_BYTES), 0, CHUNK_BYTES, at);
      if (bytesRead === 0) return;
      let from = 0;
      for (;;) {
        const newline = buffer.subarray(0, bytesRead).indexOf(NEWLINE, from);
        if (newline === -1) break;
        const line =
          restBytes > LONGEST_LINE_BYTES
            ? ''
            : Buffer.concat([...rest, buffer.subarray(from, newline)]).toString();
        yield { line, end: at + newline + 1 };
        rest = [];
        restBytes = 0;
        from = newline + 1;
      }
      restBytes += bytesRead - from;
      if (restBytes > LONGEST_LINE_BYTES) rest = [];
      else rest.push(buffer.subarray(from, bytesRead));
      at += bytesRead;
    }
  } finally {
    await handle.close();
  }
}

/**
 * Counts the usage that a transcript has gained since `mark`. One assistant message is written as several lines which
 * all repeat its usage (2.1.329): it counts once per answer, as the conversations do (`readEntry`), with the highest numbers. A file that has become
 * shorter is another file and is counted from its start; one that is not there has nothing.
 */
export async function readUsage(
  file: string,
  mark: UsageMark,
): Promise<{ readonly tokens: Tokens; readonly mark: UsageMark }> {
  const size = await sizeOf(file);
  const begin = size < mark.offset ? NOTHING_COUNTED : mark;
  if (size === begin.offset) return { tokens: NO_TOKENS, mark: begin };
  const recent = new Map(Object.entries(begin.recent));
  let tokens = NO_TOKENS;
  let { offset } = begin;
  for await (const { line, end } of linesFrom(file, begin.offset)) {
    offset = end;
    const usage = usageOf(line);
    if (usage === null) continue;
    const before = recent.get(usage.id) ?? NO_TOKENS;
    const now = combine(before, usage.tokens, Math.max);
    tokens = addTokens(
      tokens,
      combine(now, before, (a, b) => a - b),
    );
    // Moved to the end: the oldest is forgotten first.
    recent.delete(usage.id);
    recent.set(usage.id, now);
    for (const id of recent.keys()) {
      if (recent.size <= KEPT_MESSAGES) break;
      recent.delete(id);
    }
  }
  return { tokens, mark: { offset, recent: Object.fromEntries(recent) } };
}

async function sizeOf(file: string): Promise<number> {
  const handle = await open(file, 'r').catch(() => null);
  if (handle === null) return 0;
  try {
    return (await handle.stat()).size;
  } finally {
    await handle.close();
  }
}

/** False where a link leads elsewhere: all of a disk may lie behind it. */
async function isOwnFolder(above: string, folder: string): Promise<boolean> {
  const [real, realAbove] = await Promise.all([realpath(folder), realpath(above)]).catch(() => ['', '']);
  return real !== '' && real === path.join(realAbove, path.relative(above, folder));
}

/** The transcript of a session and those of its subagents, which stand in `<session-id>/subagents/` (2.1.150 on). */
export async function transcriptsOf(transcript: string): Promise<readonly string[]> {
  const folder = path.join(transcript.replace(/\.jsonl$/, ''), 'subagents');
  if (!(await isOwnFolder(path.dirname(transcript), folder))) return [transcript];
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const subagents = entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.jsonl'))
    .map((entry) => path.join(entry.parentPath, entry.name));
  return [transcript, ...subagents];
}
