import { createHash } from 'node:crypto';
import type { NoticeHook } from '../config/notice-hooks.ts';

/** Whom to tell, with the name under which the outbox knows them. */
export interface Receiver {
  readonly id: string;
  readonly hook: NoticeHook;
  /** For logs: an address may hold a token in its path or query, and arguments may be anything. */
  readonly shownAs: string;
}

const NAME_CHARACTERS = 16;

/** Two entries with the same address are one receiver each, told apart by what they ask for. */
export function receiverOf(hook: NoticeHook): Receiver {
  const { url, command, on } = hook;
  const id = createHash('sha256')
    .update(JSON.stringify([url ?? null, command ?? null, [...on].sort()]))
    .digest('hex')
    .slice(0, NAME_CHARACTERS);
  return { id, hook, shownAs: url === undefined ? (command?.[0] ?? '') : new URL(url).origin };
}
