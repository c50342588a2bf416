import path from 'node:path';
import { createJudge } from '../permissions/decide.ts';
import { EMPTY_POLICY, type Policy } from '../permissions/policy.ts';
import { protectedBy } from '../permissions/repository-protection.ts';

/**
 * The files among these that agents change only when a person agrees: by slots.yaml, by the repository, and those that
 * always are (continuous integration, what agents may do).
 * @param top of the working tree that the names are of
 * @param policy the rules in force; of them only what is protected counts
 * @param list the repository's own, as the target has it, whatever is checked out; null when it has none
 */
export function protectedAmong(
  files: readonly string[],
  top: string,
  { protections }: Pick<Policy, 'protections'>,
  list: string | null,
): readonly string[] {
  if (protections === undefined) return [];
  const more = list === null ? [] : protectedBy(top, list);
  const judge = createJudge({
    ...EMPTY_POLICY,
    protections: {
      ...protections,
      repositoryPaths: (folder) => [...protections.repositoryPaths(folder), ...more],
    },
  });
  return files.filter(
    (file) =>
      judge({ role: '', slotId: '', tool: 'Edit', input: { file_path: path.join(top, file) }, cwd: top })
        .personOnly,
  );
}
