import { type SQL, sql } from 'drizzle-orm';
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
