import { type SQL, type SQLWrapper, sql } from 'drizzle-orm';
import { conversations } from '../../db/schema/conversations.ts';

/** A project is its folder with what lies below it, or the name of its folder. */
export function inProject(project: string): SQL {
  const { project: folder } = conversations;
  if (project.startsWith('/'))
    return sql`(${folder} = ${project} or (${folder} >= ${`${project}/`} and ${folder} < ${`${project}0`}))`;
  return sql`${folder} like ${`%/${project.replace(/[\\%_]/g, '\\$&')}`} escape '\\'`;
}

/** A conversation of that name, and those of its subagents. */
export function inConversation(name: string): SQL {
  const { name: column } = conversations;
  return sql`(${column} = ${name} or (${column} >= ${`${name}/`} and ${column} < ${`${name}0`}))`;
}

const TITLE_CHARACTERS = 200;

/** The beginning of what was said first in a conversation. */
export const titleOf = (id: SQLWrapper) =>
  sql<
    string | null
  >`(select substr(m.text, 1, ${TITLE_CHARACTERS}) from conversation_messages m where m.conversation_id = ${id} and m.role = 'user' order by m.id limit 1)`;
