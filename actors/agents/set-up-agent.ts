import { existsSync } from 'node:fs';
import { RepositoryConfiguration } from '../../db/repository-configuration.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import type { AgentRow } from '../../services/ledger/agent-ledger.ts';
import { createPortBlocks, type PortBlock } from '../../services/worktrees/port-blocks.ts';
import type { SetUpWorktree } from '../../services/worktrees/set-up-worktree.ts';
import type { MissionCore } from '../core.ts';

export interface SetUpAgentDependencies {
  readonly core: Pick<MissionCore, 'agents' | 'repositories' | 'now'>;
  readonly setUp: SetUpWorktree;
  /** Takes the known secrets of a slot out of what is said of it. */
  readonly redact: (slotId: AgentRow['slotId'], text: string) => string;
}

/** What a set-up has printed is told to whoever asked for it, and stands in no row: it may have printed anything. */
export const SET_UP_FAILED = 'Its set-up did not come to its end.';

/** Gives worktrees of agents what their repository says, before a session begins in them: files, ports, a command. */
export function createSetUpAgent({ core, setUp, redact }: SetUpAgentDependencies) {
  const blocks = createPortBlocks(core.agents.portBlocks);

  /** Those of its row, so that it has the same for ever; of a killed daemon, rows say who has which. */
  async function portsOf({ slotId, portBlock, portCount }: AgentRow, size: number): Promise<PortBlock> {
    if (portBlock !== null && portCount !== null) return { base: portBlock, size: portCount };
    const block = await blocks.take(size);
    try {
      if (size > 0) core.agents.update(slotId, { portBlock: block.base, portCount: size });
    } finally {
      blocks.giveBack(block);
    }
    return block;
  }

  function cleaned(row: AgentRow, error: unknown): unknown {
    if (!(error instanceof MissionError)) return error;
    const { code, message, remedy, cause } = error;
    return new MissionError(code, redact(row.slotId, message), {
      ...(remedy === undefined ? {} : { remedy }),
      cause,
    });
  }

  /**
   * @returns what a person should know of it
   * @throws MissionError `setup_failed`, `worktree_failed`: nobody is to begin there
   */
  return async function setUpAgent(row: AgentRow, signal: AbortSignal): Promise<readonly string[]> {
    const repository = core.repositories.get(row.repository);
    if (repository === undefined) return [];
    for (const folder of [repository.path, row.worktree])
      if (!existsSync(folder))
        throw new MissionError('worktree_failed', `${folder} is not there.`, {
          remedy: 'missiond repair says what can be done, and does it with --apply.',
        });
    // Nothing is built or run where somebody only reads.
    if (row.branch === null) return [];
    const configuration = RepositoryConfiguration.parse(repository.configuration);
    const ports = await portsOf(row, configuration.ports);
    core.agents.update(row.slotId, { setUpBegunAt: core.now() });
    try {
      const { left } = await setUp(
        { from: repository.path, path: row.worktree, ports, configuration },
        signal,
      );
      return left.map((why) => `Not set up: ${why}`);
    } catch (error) {
      signal.throwIfAborted();
      throw cleaned(row, error);
    }
  };
}

export type SetUpAgent = ReturnType<typeof createSetUpAgent>;
