import { createHash } from 'node:crypto';
import { callWithoutSecrets, type TaskListCall } from '../claude-tasks/task-results.ts';
import { type MessageText, messageText } from './message-text.ts';
import { type Entry, readEntry } from './transcript-entry.ts';

type MessageEntry = Extract<Entry, { kind: 'message' }>;
type EventEntry = Extract<Entry, { kind: 'event' }>;

/** A line with everything that has to be worked out of it, ready to be written. */
export type PreparedLine =
  | {
      readonly kind: 'message';
      readonly entry: MessageEntry;
      readonly uuid: string;
      readonly said: MessageText;
      /** What it did to Claude Code's own task list. */
      readonly taskListCall: TaskListCall | null;
    }
  | { readonly kind: 'event'; readonly entry: EventEntry; readonly uuid: string; readonly content: string };

export interface PreparedLines {
  readonly lines: readonly PreparedLine[];
  /** How many lines of which type there were. */
  readonly types: ReadonlyMap<string, number>;
  readonly broken: number;
}

/** Of what happened, not more than this is kept. */
const MOST_OF_AN_EVENT = 2_000;

/** The same line has the same one: it is not stored twice when a file is read anew. */
const digestOf = (text: string): string => `~${createHash('sha1').update(text).digest('hex')}`;

function typeOf(entry: Exclude<Entry, { kind: 'broken' }>): string {
  return entry.kind === 'event' && entry.event !== entry.type ? `${entry.type}:${entry.event}` : entry.type;
}

/** Works lines out before any lock is taken. */
export function prepareLines(texts: readonly string[], redact: (text: string) => string): PreparedLines {
  const lines: PreparedLine[] = [];
  const types = new Map<string, number>();
  let broken = 0;
  for (const text of texts) {
    if (text.trim() === '') continue;
    const entry = readEntry(text);
    if (entry.kind === 'broken') {
      broken += 1;
      continue;
    }
    const type = typeOf(entry);
    types.set(type, (types.get(type) ?? 0) + 1);
    if (entry.kind === 'other') continue;
    const uuid = entry.facts.uuid ?? digestOf(text);
    if (entry.kind === 'event')
      lines.push({ kind: 'event', entry, uuid, content: redact(entry.content).slice(0, MOST_OF_AN_EVENT) });
    else
      lines.push({
        kind: 'message',
        entry,
        uuid,
        said: messageText(entry.from, entry.isPutIn, entry.blocks, redact),
        taskListCall: entry.taskListCall === null ? null : callWithoutSecrets(entry.taskListCall, redact),
      });
  }
  return { lines, types, broken };
}
