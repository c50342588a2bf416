import type { RepositoryName } from '../../db/ids.ts';
import { RepositoryConfiguration } from '../../db/repository-configuration.ts';
import type { RepositoryRow } from '../../services/ledger/repository-ledger.ts';
import type { MissionCore } from '../core.ts';

/** How often it is asked whether the time of a repository has come. */
const TICK_MS = 15_000;
const MINUTE_MS = 60_000;

export interface RepositoryRoundsDependencies {
  readonly core: Pick<MissionCore, 'now' | 'repositories'>;
  /** How many minutes are between two rounds; 0: none is made. */
  readonly minutes: (configuration: RepositoryConfiguration) => number;
  readonly round: (repository: RepositoryRow) => Promise<unknown>;
  /** A repository that is new here has its first round at once, or when its minutes are over. */
  readonly first: 'at once' | 'later';
  readonly onError: (error: unknown) => void;
  /** Aborted when the daemon stops. */
  readonly signal: AbortSignal;
}

/** Does something every few minutes in each repository, as their configurations say, one after another. */
export function createRepositoryRounds({
  core,
  minutes,
  round,
  first,
  onError,
  signal,
}: RepositoryRoundsDependencies) {
  const last = new Map<RepositoryName, number>();

  async function roundsWhereDue(): Promise<void> {
    for (const repository of core.repositories.list()) {
      const { name, configuration } = repository;
      const pause = minutes(RepositoryConfiguration.parse(configuration));
      const before = last.get(name);
      if (before === undefined && first === 'later') {
        last.set(name, core.now());
        continue;
      }
      // A clock that was put back does not hold it up.
      const passed = before === undefined ? Number.POSITIVE_INFINITY : Math.abs(core.now() - before);
      if (pause === 0 || passed < pause * MINUTE_MS) continue;
      last.set(name, core.now());
      await round(repository).catch(onError);
    }
  }

  return {
    /** It has just been done there. */
    done: (name: RepositoryName): void => void last.set(name, core.now()),

    /** Returns the way to stop. */
    start(): () => void {
      let timer: NodeJS.Timeout | undefined;
      const next = (): void => {
        timer = setTimeout(() => {
          void roundsWhereDue()
            .catch(onError)
            .finally(() => {
              if (!signal.aborted) next();
            });
        }, TICK_MS);
        timer.unref();
      };
      next();
      return () => clearTimeout(timer);
    },
  };
}
