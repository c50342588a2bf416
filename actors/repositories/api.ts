import type { RepositoryName } from '../../db/ids.ts';
import type { RepositoryConfigurationChange } from '../../db/repository-configuration.ts';
import type { RepositoryRow } from '../../services/ledger/repository-ledger.ts';
import type { RescueRef } from '../../services/worktrees/rescue-refs.ts';
import type { CleanUpOptions } from './clean-up.ts';
import type { CleanupView } from './cleanup-views.ts';
import type { OverlapView } from './overlap-views.ts';
import type { RepositoryView } from './repository-view.ts';

/** What a caller says of which repository is meant. */
export interface WhichRepository {
  readonly repository?: string | undefined;
  /** The folder in which the caller stands. */
  readonly cwd?: string | undefined;
}

export interface AddRequest {
  /** An absolute path, or an address to clone from. */
  readonly source: string;
  readonly name?: RepositoryName | undefined;
  /** Milliseconds that a clone may take. */
  readonly timeoutMs: number;
}

export interface RepositoryChange {
  readonly configuration?: RepositoryConfigurationChange | undefined;
  /** Null: asked anew. */
  readonly defaultBranch?: string | null | undefined;
}

/** The repositories that the team works on. Methods throw MissionError. */
export interface Repositories {
  add(
    request: AddRequest,
    call: { readonly signal: AbortSignal; readonly progress: (words: string) => void },
  ): Promise<{
    readonly repository: RepositoryView;
    readonly added: boolean;
    readonly notes: readonly string[];
  }>;
  list(): Promise<readonly RepositoryView[]>;
  get(which: WhichRepository): Promise<RepositoryView>;
  /** @param name null: none is meant by itself any more */
  use(name: RepositoryName | null): Promise<RepositoryView | null>;
  configure(
    which: WhichRepository,
    change: RepositoryChange,
  ): Promise<{ readonly repository: RepositoryView; readonly notes: readonly string[] }>;
  remove(
    name: RepositoryName,
    options: { readonly deleteClone: boolean },
  ): Promise<{ readonly repository: RepositoryView; readonly deleted: boolean; readonly hint?: string }>;
  /** Removes what is left of work that is merged, after saving it. */
  cleanUp(which: WhichRepository, options: CleanUpOptions): Promise<CleanupView>;
  /** Agents that are at the same files. @param look compares them now, and tells them */
  overlaps(which: WhichRepository, options: { readonly look: boolean }): Promise<readonly OverlapView[]>;
  /** Those of all repositories, as they were compared last. */
  allOverlaps(): readonly OverlapView[];
  /** What was saved before something was removed, newest first. */
  rescues(which: WhichRepository): Promise<readonly RescueRef[]>;
  showRescue(
    which: WhichRepository,
    name: string,
  ): Promise<{ readonly rescue: RescueRef; readonly log: string; readonly files: string }>;
  dropRescue(which: WhichRepository, name: string): Promise<RescueRef>;
  /**
   * Which repository a call means: the one it names, else that of the folder it is made in, else the current one.
   * @throws MissionError `repository_unknown`, naming those that there are
   */
  resolve(which: WhichRepository, signal: AbortSignal): Promise<RepositoryRow>;
}
