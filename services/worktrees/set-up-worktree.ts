import type { RepositoryConfiguration } from '../../db/repository-configuration.ts';
import { createGit } from './git.ts';
import { type PortBlock, portsInEnv } from './port-blocks.ts';
import { runSetUp } from './set-up-command.ts';
import { type FilesSetUp, setUpFiles } from './set-up-files.ts';

export interface WorktreeToSetUp {
  /** The main working tree of its repository. */
  readonly from: string;
  /** Its top. */
  readonly path: string;
  /** Kept for it. */
  readonly ports: PortBlock;
  readonly configuration: Pick<RepositoryConfiguration, 'copy' | 'link' | 'setup'>;
}

export interface WorktreeSetUp extends FilesSetUp {
  /** The end of what its set-up command has printed; empty without one. */
  readonly output: string;
}

/** Gives worktrees what their repository says: files, and what a command of the person makes, which is told the ports. */
export function createWorktreeSetUp(env: NodeJS.ProcessEnv) {
  const git = createGit(env);
  /** @throws MissionError `setup_failed`: nobody is to begin in it */
  return async function setUp(
    { from, path: to, ports, configuration: { copy, link, setup: command } }: WorktreeToSetUp,
    signal: AbortSignal,
  ): Promise<WorktreeSetUp> {
    const files = await setUpFiles(git, { from, to, copy, link }, signal);
    const variables = portsInEnv(ports);
    const output = command === null ? '' : await runSetUp({ command, cwd: to, env, variables }, signal);
    return { ...files, output };
  };
}

export type SetUpWorktree = ReturnType<typeof createWorktreeSetUp>;
