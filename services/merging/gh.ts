import { z } from 'zod';
import { within } from '../deadline/within.ts';
import { handedOn } from '../processes/handed-on.ts';
import { runProgram } from '../processes/run-program.ts';
import { forkedFrom } from '../repositories/find-fork.ts';

/** A forge that is slow is asked again another time. Milliseconds. */
const ANSWERS_WITHIN_MS = 60_000;
const MOST_BYTES = 4_000_000;
/** gh is not there, or nobody is signed in: it will not be otherwise a moment later. */
export const WITHOUT_GH = /could not be started|gh auth login/i;

const Pull = z.object({
  state: z.string(),
  isDraft: z.boolean().default(false),
  headRefOid: z.string().regex(/^[0-9a-f]{40,64}$/),
  headRefName: z.string(),
  baseRefName: z.string(),
  reviewDecision: z.string().nullish(),
  author: z.object({ login: z.string() }).nullish(),
  assignees: z.array(z.object({ login: z.string() })).default([]),
  isCrossRepository: z.boolean(),
});
const Opened = z.array(
  z.object({
    number: z.number().int(),
    headRefName: z.string(),
    baseRefName: z.string(),
    headRepositoryOwner: z.object({ login: z.string() }).nullable(),
  }),
);
const Origin = z.object({
  state: z.string(),
  maintainer_can_modify: z.boolean().default(false),
  head: z.object({
    ref: z.string().min(1),
    repo: z.object({ full_name: z.string(), clone_url: z.string(), ssh_url: z.string() }).nullable(),
  }),
  base: z.object({ repo: z.object({ full_name: z.string() }) }),
});
/** More pull requests of branches of one name are not looked through. */
const MOST_OF_A_NAME = 200;
const Checks = z.array(z.object({ name: z.string(), bucket: z.string() }));
const Threads = z.object({
  data: z.object({
    repository: z.object({
      pullRequest: z.object({
        reviewThreads: z.object({
          totalCount: z.number(),
          nodes: z.array(z.object({ isResolved: z.boolean() })),
        }),
      }),
    }),
  }),
});
const THREADS =
  'query($owner:String!,$repo:String!,$number:Int!){repository(owner:$owner,name:$repo){pullRequest(number:$number){reviewThreads(first:100){totalCount nodes{isResolved}}}}}';

/** What the forge says of a pull request. */
export interface PullRequest {
  readonly isMerged: boolean;
  readonly isOpen: boolean;
  readonly head: string;
  /** Null of one that comes from another repository: a branch of ours that is called so is none of its business. */
  readonly branch: string | null;
  readonly base: string;
  /** Who has opened it; null when that account is gone. */
  readonly author: string | null;
  readonly assignees: readonly string[];
  /** As GitHub has it: `APPROVED`, `CHANGES_REQUESTED`, `REVIEW_REQUIRED`; null where nothing is required. */
  readonly review: string | null;
  /** Remarks that nobody has settled. */
  readonly unresolved: number;
  /** Those that are required; all of them where none is. */
  readonly checks: readonly { readonly name: string; readonly passed: boolean; readonly how: string }[];
}

/** Where the commits of a pull request come from. */
export interface PullRequestOrigin {
  readonly isOpen: boolean;
  readonly isSameRepository: boolean;
  readonly branch: string;
  /** Null when it is gone. */
  readonly repository: {
    /** `owner/name` */
    readonly name: string;
    readonly httpsUrl: string;
    readonly sshUrl: string;
  } | null;
  readonly maintainersMayPush: boolean;
}

/** A branch of a fork, and the branch of upstream that it is for. */
interface ForkBranch {
  /** Where upstream is. */
  readonly upstream: string;
  /** Whose fork it is. */
  readonly owner: string;
  readonly branch: string;
  readonly target: string;
}

/** Calls gh, with vectors of arguments, where it is installed and signed in. */
export function createGh(env: NodeJS.ProcessEnv) {
  const own = { ...handedOn(env), GH_PROMPT_DISABLED: '1', NO_COLOR: '1', GH_NO_UPDATE_NOTIFIER: '1' };

  /** @throws Error with its last words, unless it ended with 0 or one of `also` */
  async function gh(
    args: readonly string[],
    cwd: string,
    signal: AbortSignal,
    also: readonly number[] = [],
  ): Promise<string> {
    let answer = '';
    let words = '';
    let status: number | null = null;
    try {
      await runProgram(['gh', ...args], '', {
        cwd,
        env: own,
        signal: within(ANSWERS_WITHIN_MS, signal),
        mostAnswerBytes: MOST_BYTES,
        answered(text) {
          answer = text;
        },
        printed(text) {
          words = text.trim();
        },
        ended(code) {
          status = code;
        },
      });
    } catch (cause) {
      signal.throwIfAborted();
      if (status !== null && also.includes(status) && answer.trim() !== '') return answer;
      const how = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`gh ${args.slice(0, 2).join(' ')}: ${words === '' ? how : words}`, { cause });
    }
    return answer;
  }

  async function checksOf(number: number, cwd: string, signal: AbortSignal): Promise<PullRequest['checks']> {
    const asked = async (required: readonly string[]): Promise<z.infer<typeof Checks>> => {
      try {
        // It ends with 8 while some are pending and with 1 when one has failed, and prints them all the same.
        const said = await gh(
          ['pr', 'checks', String(number), ...required, '--json', 'name,bucket'],
          cwd,
          signal,
          [1, 8],
        );
        return Checks.parse(JSON.parse(said));
      } catch (error) {
        if (error instanceof Error && /no (?:required )?checks/i.test(error.message)) return [];
        throw error;
      }
    };
    const required = await asked(['--required']);
    const found = required.length > 0 ? required : await asked([]);
    return found.map(({ name, bucket }) => ({
      name,
      passed: bucket === 'pass' || bucket === 'skipping',
      how: bucket,
    }));
  }

  return {
    /** @throws Error where gh is not there, not signed in, or knows no such pull request */
    async pullRequest(number: number, cwd: string, signal: AbortSignal): Promise<PullRequest> {
      const fields = Object.keys(Pull.shape).join(',');
      const said = Pull.parse(
        JSON.parse(await gh(['pr', 'view', String(number), '--json', fields], cwd, signal)),
      );
      const isOpen = said.state === 'OPEN' && !said.isDraft;
      const facts = {
        isMerged: said.state === 'MERGED',
        isOpen,
        head: said.headRefOid,
        branch: said.isCrossRepository ? null : said.headRefName,
        base: said.baseRefName,
        author: said.author?.login ?? null,
        assignees: said.assignees.map(({ login }) => login),
        review: said.reviewDecision || null,
      };
      if (!isOpen) return { ...facts, unresolved: 0, checks: [] };
      const threads = Threads.parse(
        JSON.parse(
          await gh(
            [
              'api',
              'graphql',
              '-F',
              'owner={owner}',
              '-F',
              'repo={repo}',
              '-F',
              `number=${number}`,
              '-f',
              `query=${THREADS}`,
            ],
            cwd,
            signal,
          ),
        ),
      ).data.repository.pullRequest.reviewThreads;
      // Of more than were shown nobody knows that they are settled.
      const unseen = Math.max(0, threads.totalCount - threads.nodes.length);
      return {
        ...facts,
        unresolved: unseen + threads.nodes.filter(({ isResolved }) => !isResolved).length,
        checks: await checksOf(number, cwd, signal),
      };
    },

    forkedFrom: (folder: string, host: string, signal: AbortSignal): Promise<string | null> =>
      forkedFrom(folder, host, env, signal),

    /** Whose branch a pull request is. @throws Error where gh is not there, not signed in, or knows no such pull request */
    async pullRequestOrigin(number: number, cwd: string, signal: AbortSignal): Promise<PullRequestOrigin> {
      const said = await gh(['api', `repos/{owner}/{repo}/pulls/${number}`], cwd, signal);
      const { state, head, base, maintainer_can_modify } = Origin.parse(JSON.parse(said));
      return {
        isOpen: state === 'open',
        isSameRepository: head.repo?.full_name === base.repo.full_name,
        branch: head.ref,
        repository:
          head.repo === null
            ? null
            : { name: head.repo.full_name, httpsUrl: head.repo.clone_url, sshUrl: head.repo.ssh_url },
        maintainersMayPush: maintainer_can_modify,
      };
    },

    /** The open pull request of this very branch of this very fork; null when there is none. @throws Error */
    async openPullRequest(
      { upstream, owner, branch, target }: ForkBranch,
      cwd: string,
      signal: AbortSignal,
    ): Promise<number | null> {
      const fields = Object.keys(Opened.element.shape).join(',');
      const which = [`--head=${branch}`, '--state=open', `--limit=${MOST_OF_A_NAME}`];
      const said = await gh(['pr', 'list', `--repo=${upstream}`, ...which, '--json', fields], cwd, signal);
      const own = Opened.parse(JSON.parse(said)).find(
        (one) =>
          one.headRepositoryOwner?.login.toLowerCase() === owner.toLowerCase() &&
          one.headRefName === branch &&
          one.baseRefName === target,
      );
      return own?.number ?? null;
    },

    /** Opens a pull request at upstream for a branch that the fork has. @returns its number @throws Error */
    async propose(
      {
        upstream,
        owner,
        branch,
        target,
        title,
        body,
      }: ForkBranch & { readonly title: string; readonly body: string },
      cwd: string,
      signal: AbortSignal,
    ): Promise<number> {
      const between = [`--head=${owner}:${branch}`, `--base=${target}`];
      const words = [`--title=${title}`, `--body=${body}`];
      const said = await gh(['pr', 'create', `--repo=${upstream}`, ...between, ...words], cwd, signal);
      const number = /\/(?:pull|pulls)\/(\d{1,9})\s*$/.exec(said)?.[1];
      if (number === undefined) throw new Error(`gh pr create: it did not say which it opened: ${said}`);
      return Number(number);
    },

    /** The account that gh is signed in to. @throws Error */
    async whoami(cwd: string, signal: AbortSignal): Promise<string> {
      return (await gh(['api', 'user', '--jq', '.login'], cwd, signal)).trim();
    },

    /** Merges at the forge, if its head is still this commit. @throws Error */
    async merge(
      number: number,
      { method, head }: { readonly method: 'squash' | 'merge' | 'rebase'; readonly head: string },
      cwd: string,
      signal: AbortSignal,
    ): Promise<void> {
      await gh(['pr', 'merge', String(number), `--${method}`, '--match-head-commit', head], cwd, signal);
    },
  };
}

export type Gh = ReturnType<typeof createGh>;
