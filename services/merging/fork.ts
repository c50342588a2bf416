import type { RepositoryRow } from '../ledger/repository-ledger.ts';

type Fork = Pick<RepositoryRow, 'name' | 'isFork' | 'configuration' | 'upstreamUrl' | 'defaultBranch'>;

/** True where work ends as a pull request to upstream, unless a person has said that it goes into the fork itself. */
export const isOnlyProposed = ({ isFork, configuration }: Fork): boolean =>
  isFork && !configuration.mergesIntoFork;

/** Where work is proposed to upstream from here, since a person has said so; null where that is not done. */
export const proposesTo = (fork: Fork): string | null =>
  isOnlyProposed(fork) && fork.configuration.proposesUpstream ? fork.upstreamUrl : null;

/** What somebody does with a branch of a fork that the gate has looked at. */
export function howToPropose({ name, upstreamUrl, defaultBranch }: Fork, branch: string): string {
  const where = upstreamUrl ?? 'upstream';
  return `this is a fork, and nothing is pushed to ${where} from here: push it to the fork (git push origin ${branch}) and open a pull request (gh pr create --repo ${where} --head OWNER:${branch} --base ${defaultBranch}); its maintainers merge. To have missiond push it to the fork and open the pull request: missiond repo config ${name} proposesUpstream=true. To merge into the fork itself: missiond repo config ${name} mergesIntoFork=true`;
}
