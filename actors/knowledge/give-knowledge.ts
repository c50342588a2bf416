import type { Role } from '../../db/ids.ts';
import { promptWords } from '../../services/knowledge/prompt-words.ts';
import type { Giving } from '../../services/knowledge/tiers.ts';
import { withinBudget } from '../../services/knowledge/token-budget.ts';
import type { KnowledgeLedger, KnowledgeRow } from '../../services/ledger/knowledge-ledger.ts';
import type { KnowledgeSearch } from '../../services/ledger/knowledge-search.ts';
import type { createGivenToSessions } from './given-to-sessions.ts';

/** More are not looked at: the budget takes fewer. */
const MOST_LOOKED_AT = 30;
const MOST_PREFERENCES = 50;
const MOST_USEFUL = 20;
/** One word that is shared by chance says nothing; a name does. */
const LEAST_SHARED = 2;
const DAY_MS = 24 * 60 * 60_000;
const REMEMBERED_FOR_DAYS = 30;
/** A person waits in front of a prompt that waits for its hook: what is found later than this is left out. */
const LATEST_MS = 200;

/** Whose work the memory is itself: what they are given would come back to it. */
const MEMORY_ROLE = 'memory';

export interface GivenTo {
  readonly sessionId: string;
  readonly role: Role;
}

/** One line: nothing in an entry looks like words of somebody else. */
const lineOf = ({ category, key, summary }: KnowledgeRow): string =>
  `- [${category}] ${key}: ${summary}`.replace(/\s+/g, ' ');

/** What sessions are given of what the team knows: little, what bears on it, and nothing twice. */
export function createGiving({
  ledger,
  search,
  given,
  settings,
  now,
  writeLater,
  onLate,
}: {
  readonly ledger: KnowledgeLedger;
  readonly search: KnowledgeSearch;
  readonly given: ReturnType<typeof createGivenToSessions>;
  readonly settings: Giving;
  readonly now: () => number;
  /** Writes when the database takes it: a hook never waits for whoever writes there. */
  readonly writeLater: (write: () => void) => void;
  /** A prompt went without what is known, as looking took too long; told of once until one is in time again. */
  readonly onLate: (words: string) => void;
}) {
  let wasLate = false;

  /** Writes down that it was given, which is a use, and says it. */
  function hand(rows: readonly KnowledgeRow[], sessionId: string, heading: string): string | null {
    if (rows.length === 0) return null;
    const at = now();
    given.add(sessionId, rows, at);
    writeLater(() =>
      ledger.used(
        rows.map(({ id }) => id),
        at,
      ),
    );
    return [heading, ...rows.map(lineOf)].join('\n');
  }

  return {
    /**
     * What bears on a prompt, for the session that is given it; null when nothing does, and rather than late.
     * @param heardAt when the prompt was heard (epoch milliseconds)
     */
    forPrompt({ sessionId, role }: GivenTo, prompt: string, heardAt: number): string | null {
      if (role === MEMORY_ROLE || settings.promptTokens === 0) return null;
      const isLate = (): boolean => now() - heardAt > LATEST_MS;
      const hits = search.bearingOn(promptWords(prompt), MOST_LOOKED_AT, now(), isLate);
      const bearing = hits.filter(({ row, shared }) => {
        const key = row.key.toLowerCase();
        return shared.length >= LEAST_SHARED || shared.some((word) => word.length > 2 && key === word);
      });
      const rows = withinBudget(
        given.newsOf(
          sessionId,
          bearing.map(({ row }) => row),
        ),
        lineOf,
        settings.promptTokens,
      );
      // Looked at before anything counts as given.
      const late = isLate();
      if (late && !wasLate)
        onLate(
          `looking for what bears on a prompt took longer than ${LATEST_MS} ms; nothing is given with it`,
        );
      wasLate = late;
      if (late) return null;
      return hand(rows, sessionId, 'What the team knows that may bear on this (missiond):');
    },

    /** What a session of a role begins with. `isNew`: it has nothing before its eyes yet, or any more. */
    forSession({ sessionId, role }: GivenTo, isNew: boolean): string | null {
      if (role === MEMORY_ROLE || settings.sessionTokens === 0) return null;
      if (isNew) given.forget(sessionId);
      const rows = [
        ...ledger.latest(`role:${role.toLowerCase()}`, MOST_PREFERENCES),
        ...ledger.latest('preference', MOST_PREFERENCES),
      ];
      return hand(
        withinBudget(given.newsOf(sessionId, rows), lineOf, settings.sessionTokens),
        sessionId,
        'What the team knows and you should, too (missiond):',
      );
    },

    /** What an orchestrator is told at the beginning: how the person wants things, and what was useful most. */
    instructions(): string {
      const preferences = ledger.latest('preference', MOST_PREFERENCES);
      const useful = ledger
        .mostUsed(MOST_USEFUL)
        .filter(({ category }) => !category.startsWith('preference'));
      const rows = withinBudget([...preferences, ...useful], lineOf, settings.instructionTokens);
      const total = ledger.counts().reduce((sum, { count }) => sum + count, 0);
      if (total === 0)
        return 'Nothing is known yet: keep what will be needed again with mission_kb_remember.';
      return [
        `${total} entries are known: look with mission_kb_search before you guess, keep what you learn with mission_kb_remember.`,
        ...rows.map(lineOf),
      ].join('\n');
    },

    /** What was given long ago may be given again. */
    sweep(): void {
      given.throwAway(now() - REMEMBERED_FOR_DAYS * DAY_MS);
    },
  };
}

export type KnowledgeGiving = Omit<ReturnType<typeof createGiving>, 'sweep'>;
