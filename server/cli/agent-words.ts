import type { AgentView } from '../../actors/agents/agent-views.ts';
import { table } from './table.ts';

/** As much of a text as stands in a row. */
const ROW_CHARACTERS = 50;
/** The option that names it. */
export const REPO = { type: 'string', help: 'the repository that is meant' } as const;

export const shortened = (words: string): string => {
  const line = words.replace(/\s+/g, ' ').trim();
  return line.length > ROW_CHARACTERS ? `${line.slice(0, ROW_CHARACTERS - 1)}…` : line;
};

/** What was said, without what was not. */
export const said = (input: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined));

/** How the work of an agent stands; a failed end is no success. */
export const standing = ({ status, completion }: Pick<AgentView, 'status' | 'completion'>): string =>
  completion?.failure === undefined ? status : `${status} (failed)`;

export function rows(workers: readonly AgentView[]): string {
  return table(
    ['NAME', 'ROLE', 'STATUS', 'DOES', 'BRANCH', 'TASK'],
    workers.map((worker) => [
      `${worker.repository}/${worker.name}`,
      worker.role,
      standing(worker),
      worker.state ?? '-',
      worker.branch ?? '-',
      shortened(worker.task ?? ''),
    ]),
  );
}

export function details(worker: AgentView): string {
  const { completion, spent, task, ...rest } = worker;
  const lines = Object.entries(rest).map(([key, value]) => `${key.padEnd(13)}${value}\n`);
  const cost = `${'spent'.padEnd(13)}$${spent.usd.toFixed(2)}, ${spent.inputTokens} tokens in, ${spent.outputTokens} out\n`;
  const changes = completion?.changes;
  const counts =
    changes === undefined
      ? ''
      : `${'changed'.padEnd(13)}${changes.commits} commits, ${changes.files} files, +${changes.insertions} -${changes.deletions}, ${changes.uncommitted} not committed\n`;
  const words = (title: string, text: string | undefined): string =>
    text === undefined || text === '' ? '' : `\n${title}\n${text}\n`;
  return `${lines.join('')}${cost}${counts}${words('Task:', task)}${words('Failed:', completion?.failure)}${words('Report:', completion?.summary)}${words('Tests:', completion?.tests)}`;
}

export const notesOf = (notes: readonly string[]): string => notes.map((note) => `  ${note}\n`).join('');
