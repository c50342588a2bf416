const NAME = '[A-Za-z0-9][\\w./:#-]*';
const REPOSITORY = `(?:-R|--repo) ${NAME}`;
const WAYS = ['--required', '--watch', '--fail-fast', '--interval \\d{1,4}'];
const KINDS = [
  '--squash',
  '--merge',
  '--rebase',
  '-[smrd]',
  '--delete-branch',
  '--auto',
  '--match-head-commit [0-9a-f]{7,64}',
];

const CHECKED_MERGE = new RegExp(
  `^gh pr checks(?<checked>(?: ${NAME})?(?: ${REPOSITORY})?)(?: (?:${WAYS.join('|')}))* && ` +
    `gh pr merge(?<merged>(?: ${NAME})?(?: ${REPOSITORY})?)(?: (?:${KINDS.join('|')}))*$`,
);

/** What an agent is told to write. */
export const AS_CHECKED = '`gh pr checks N && gh pr merge N --squash`';

/**
 * True of a whole command that merges a pull request only behind its own checks: `gh pr checks 12 && gh pr merge 12`. The
 * first ends with 0 only when every check has passed (gh-pr-checks(1): 8 while some are pending, 1 when one has failed or
 * there are none), and the shell goes on only then.
 */
export function mergesWhenGreen(command: string): boolean {
  const { checked, merged } = CHECKED_MERGE.exec(command.trim())?.groups ?? {};
  return checked !== undefined && checked === merged;
}
