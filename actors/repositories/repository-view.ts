import { z } from 'zod';
import { RepositoryName } from '../../db/ids.ts';
import { RepositoryConfiguration } from '../../db/repository-configuration.ts';
import type { RepositoryRow } from '../../services/ledger/repository-ledger.ts';

/** A repository as doors show it. */
export const RepositoryView = z.object({
  name: RepositoryName,
  path: z.string().describe('The top of its main working tree.'),
  isOurs: z.boolean().describe('Cloned by missiond.'),
  isCurrent: z.boolean().describe('Meant where nothing else says which.'),
  url: z.string().nullable(),
  remote: z.string().nullable().describe('The remote that is followed.'),
  defaultBranch: z.string().nullable(),
  defaultBranchFrom: z
    .enum(['remote', 'known', 'head', 'person'])
    .describe('Who said so: the remote, what was known of it here, the branch of HEAD, or a person.'),
  isFork: z.boolean(),
  upstreamUrl: z.string().nullable(),
  configuration: RepositoryConfiguration,
  createdAt: z.number(),
  problem: z.string().optional().describe('Why nobody can work on it now.'),
});
export type RepositoryView = z.infer<typeof RepositoryView>;

/** A row for a door. Options that are newer than the row have what they are by default. */
export function repositoryView(
  { gitFolder: _, removedAt: __, configuration, ...row }: RepositoryRow,
  problem: string | null,
): RepositoryView {
  return {
    ...row,
    configuration: RepositoryConfiguration.parse(configuration),
    ...(problem === null ? {} : { problem }),
  };
}
