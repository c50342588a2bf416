import type { RepositoryConfiguration } from '../../db/repository-configuration.ts';
import { createGit } from './git.ts';
import { type PortBlock, type PortBlocks, portsInEnv } from './port-blocks.ts';
import { runSetUp } from './set-up-command.ts';
import { type FilesSetUp, setUpFiles } from './set-up-files.ts';

export interface WorktreeToSetUp {
  /** The main working tree of its repository. */
  readonly from: string;
  /** Its top. */
  readonly path: string;
  readonly configuration: Pick<RepositoryConfiguration, 'copy' | 'link' | 'ports' | 'setup'>;
}

export interface WorktreeSetUp extends FilesSetUp {
  /** Kept for it until it is given back. */
  readonly ports: PortBlock;
  /** What every program in it is told. */
  readonly variables: Readonly<Record<string, string>>;
  /** The end of what its set-up command has printed; empty without one. */
  readonly output: string;
}

/** Gives new worktrees what their repository says: files, a block of ports, and what a command of the person makes. */
export function createWorktreeSetUp({
  env,
  blocks,
}: {
  readonly env: NodeJS.ProcessEnv;
  readonly blocks: PortBlocks;
}) {
  const git = createGit(env);
  /** @throws MissionError `setup_failed`: nobody is to begin in it; its ports are given back */
  return async function setUp(
    { from, path: to, configuration }: WorktreeToSetUp,
    signal: AbortSignal,
  ): Promise<WorktreeSetUp> {
    const { copy, link, setup: command } = configuration;
    const ports = await blocks.take(configuration.ports);
    const variables = portsInEnv(ports);
    try {
      const files = await setUpFiles(git, { from, to, copy, link }, signal);
      const output = command === null ? '' : await runSetUp({ command, cwd: to, env, variables }, signal);
      return { ...files, ports, variables, output };
    } catch (error) {
      blocks.giveBack(ports);
      throw error;
    }
  };
}
