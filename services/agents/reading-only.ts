import type { RoleRules, SourcedRules } from '../permissions/role-rules.ts';

/**
 * What an agent without a branch may not do, whatever its role allows: files that it wrote would be in its way when it
 * follows the default branch, and its commits would be on no branch.
 */
const NO_WRITING: SourcedRules = {
  from: 'worktree: false',
  rules: {
    allow: [],
    confirm: [],
    deny: [
      'Edit',
      'Write',
      'NotebookEdit',
      ...['add', 'am', 'apply', 'checkout', 'cherry-pick', 'clean', 'commit', 'merge', 'mv', 'pull'].map(
        (verb) => `Bash(git ${verb}*)`,
      ),
      ...['push', 'rebase', 'reset', 'restore', 'revert', 'rm', 'stash', 'switch'].map(
        (verb) => `Bash(git ${verb}*)`,
      ),
      // What moves or removes the branches and tags of others.
      ...['update-ref', 'symbolic-ref', 'worktree', 'replace'].map((verb) => `Bash(git ${verb}*)`),
      ...['-f', '--force', '-d', '-D', '--delete', '-m', '-M', '--move'].flatMap((option) => [
        `Bash(git branch ${option}*)`,
        `Bash(git tag ${option}*)`,
      ]),
    ],
  },
};

/** The rules of a role for an agent of it that only reads. */
export const readingOnly = (name: string, definition: RoleRules | undefined): RoleRules => ({
  name,
  ...(definition?.tools === undefined ? {} : { tools: definition.tools }),
  rules: [NO_WRITING, ...(definition?.rules ?? [])],
});
