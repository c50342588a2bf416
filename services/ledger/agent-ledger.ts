import { and, asc, desc, eq, inArray, isNotNull, ne, or, type SQL, sql } from 'drizzle-orm';
import type { AgentName, RepositoryName, SlotId, TaskId } from '../../db/ids.ts';
import type { MissionDatabase } from '../../db/open.ts';
import { agents } from '../../db/schema/agents.ts';

export type AgentRow = typeof agents.$inferSelect;

export interface AgentFilter {
  readonly repository?: RepositoryName | undefined;
  readonly statuses?: readonly AgentRow['status'][] | undefined;
  readonly kinds?: readonly AgentRow['kind'][] | undefined;
  /** In its name, its task, its branch, or what it said at the end. */
  readonly search?: string | undefined;
  readonly limit: number;
}

/** `%` and `_` of a person are letters. */
const pattern = (words: string): string => `%${words.replace(/[\\%_]/g, (letter) => `\\${letter}`)}%`;
const contains = (column: SQL | typeof agents.task, words: string): SQL =>
  sql`${column} like ${pattern(words)} escape '\\'`;

function matches({ repository, statuses, kinds, search }: AgentFilter): SQL | undefined {
  const words = search?.trim() ?? '';
  return and(
    repository === undefined ? undefined : eq(agents.repository, repository),
    statuses === undefined ? undefined : inArray(agents.status, [...statuses]),
    kinds === undefined ? undefined : inArray(agents.kind, [...kinds]),
    words === ''
      ? undefined
      : or(
          contains(sql`${agents.name}`, words),
          contains(sql`${agents.branch}`, words),
          contains(agents.task, words),
          contains(sql`json_extract(${agents.completion}, '$.summary')`, words),
          contains(sql`json_extract(${agents.completion}, '$.failure')`, words),
        ),
  );
}

/** Rows of the agents of teams. Every method is one statement. */
export function createAgentLedger(db: MissionDatabase) {
  return {
    /** Throws what the database throws when the name was given before. */
    insert(row: typeof agents.$inferInsert): void {
      db.insert(agents).values(row).run();
    },

    update(slotId: SlotId, change: Partial<Omit<AgentRow, 'slotId' | 'repository' | 'name'>>): void {
      db.update(agents).set(change).where(eq(agents.slotId, slotId)).run();
    },

    get(slotId: SlotId): AgentRow | undefined {
      return db.select().from(agents).where(eq(agents.slotId, slotId)).get();
    },

    named(repository: RepositoryName, name: AgentName): AgentRow | undefined {
      return db
        .select()
        .from(agents)
        .where(and(eq(agents.repository, repository), eq(agents.name, name)))
        .get();
    },

    /** The agent that was made for a task. */
    ofTask(taskId: TaskId): AgentRow | undefined {
      return db.select().from(agents).where(eq(agents.taskId, taskId)).get();
    },

    /** Whatever its status: names are unique for ever. */
    namesIn(repository: RepositoryName): ReadonlySet<string> {
      const rows = db
        .select({ name: agents.name })
        .from(agents)
        .where(eq(agents.repository, repository))
        .all();
      return new Set(rows.map(({ name }) => name));
    },

    /** The ports of those that have some. */
    portBlocks(): readonly { readonly base: number; readonly size: number }[] {
      return db
        .select({ base: agents.portBlock, size: agents.portCount })
        .from(agents)
        .where(and(isNotNull(agents.portBlock), ne(agents.status, 'removed')))
        .all()
        .flatMap(({ base, size }) => (base === null || size === null ? [] : [{ base, size }]));
    },

    /** Of every agent that there is or has been. */
    slotIds(): readonly SlotId[] {
      return db
        .select({ slotId: agents.slotId })
        .from(agents)
        .all()
        .map(({ slotId }) => slotId);
    },

    /** Those of a status, oldest first. */
    inStatus(...statuses: readonly AgentRow['status'][]): readonly AgentRow[] {
      return db
        .select()
        .from(agents)
        .where(inArray(agents.status, [...statuses]))
        .orderBy(asc(agents.createdAt), asc(agents.slotId))
        .all();
    },

    /** Newest first. */
    list(filter: AgentFilter): readonly AgentRow[] {
      return db
        .select()
        .from(agents)
        .where(matches(filter))
        .orderBy(desc(agents.createdAt), desc(agents.slotId))
        .limit(filter.limit)
        .all();
    },
  };
}

export type AgentLedger = ReturnType<typeof createAgentLedger>;
