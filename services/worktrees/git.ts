import { within } from '../deadline/within.ts';
import { messageOf } from '../errors/message-of.ts';
import { MissionError } from '../errors/mission-error.ts';
import { handedOn } from '../processes/handed-on.ts';
import { runProgram } from '../processes/run-program.ts';

/** Asking takes milliseconds; a folder on a network, or one with very many files, takes longer. */
const ANSWERS_WITHIN_MS = 60_000;

/**
 * Said with every call. The person's hooks do not run: a post-checkout hook installs packages or asks questions, and
 * nobody called for it here; what an agent does with git in its worktree runs them as usual. The same holds for a file
 * watcher, and for housekeeping that would go on behind the call.
 */
const WITH_EVERY_CALL = [
  '-c',
  'core.hooksPath=/dev/null',
  '-c',
  'core.fsmonitor=false',
  '-c',
  'gc.auto=0',
  '-c',
  'maintenance.auto=false',
] as const;

/** The status of a git that was asked whether something is there, and says no. */
const NO = 1;
/** The status of a git that cannot do what it was told. */
const FATAL = 128;

/** They take as long as a remote lets them. */
const ASK_A_REMOTE: ReadonlySet<string | undefined> = new Set(['fetch', 'push', 'ls-remote', 'lfs']);

interface GitLimits {
  /** A remote has no longer than that to answer, whatever a call says. Milliseconds. */
  readonly remoteWithinMs?: number;
}

export interface GitCall {
  readonly cwd: string;
  readonly signal: AbortSignal;
  /** Milliseconds. */
  readonly withinMs?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Each piece of what it says beside its answer, as it comes. */
  readonly heard?: (piece: string) => void;
}

/**
 * Calls git, with vectors of arguments. It asks nobody for a password, and of the daemon's environment it sees no more
 * than other programs do: a GIT_DIR of whoever started the daemon means nothing here.
 */
export function createGit(
  env: NodeJS.ProcessEnv,
  { remoteWithinMs = Number.POSITIVE_INFINITY }: GitLimits = {},
) {
  const base = {
    ...handedOn(env),
    // A remote may be reached with a key that the person's agent of keys holds.
    SSH_AUTH_SOCK: env['SSH_AUTH_SOCK'],
    LC_ALL: 'C',
    GIT_TERMINAL_PROMPT: '0',
    GIT_OPTIONAL_LOCKS: '0',
    // A remote helper such as ext:: is a command.
    GIT_ALLOW_PROTOCOL: 'https:http:ssh:git:file',
  };

  /**
   * @returns what it printed, without the last line break
   * @throws MissionError `worktree_failed` with the words of git, and its status when it ended by itself
   */
  async function git(args: readonly string[], call: GitCall): Promise<string> {
    const longestMs = ASK_A_REMOTE.has(args[0]) ? remoteWithinMs : Number.POSITIVE_INFINITY;
    let answer = '';
    let words = '';
    let status: number | null = null;
    try {
      await runProgram(['git', ...WITH_EVERY_CALL, ...args], '', {
        cwd: call.cwd,
        env: { ...base, ...call.env },
        ...(call.heard === undefined ? {} : { heard: call.heard }),
        signal: within(Math.min(call.withinMs ?? ANSWERS_WITHIN_MS, longestMs), call.signal),
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
      const how = messageOf(cause);
      throw new MissionError(
        'worktree_failed',
        `git ${args[0]} in ${call.cwd}: ${words === '' ? how : words}`,
        { cause, facts: { words, status, answer } },
      );
    }
    return answer.replace(/\n$/, '');
  }

  return {
    git,
    /**
     * For questions that git answers with a failure. A git that was killed, took too long, or could not be started has
     * not answered: what is removed because git says that nothing is there must not be removed for that.
     * @param saysNo git's words for no, where it does more than end with status 1
     * @returns null for no
     * @throws MissionError `worktree_failed` when git has not answered
     */
    async ask(args: readonly string[], call: GitCall, saysNo?: RegExp): Promise<string | null> {
      try {
        return await git(args, call);
      } catch (error) {
        call.signal.throwIfAborted();
        if (!(error instanceof MissionError)) throw error;
        const { status, words } = error.facts;
        if (status === NO || (status === FATAL && saysNo?.test(String(words)))) return null;
        throw error;
      }
    },
  };
}

export type Git = ReturnType<typeof createGit>;
