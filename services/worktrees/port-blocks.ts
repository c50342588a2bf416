import { createServer } from 'node:net';
import { MissionError } from '../errors/mission-error.ts';
import { createOneByOne } from '../lock/one-by-one.ts';

/** Below those that systems give to connections by themselves. */
const FIRST = 20_000;
const LAST = 31_999;

export interface PortBlock {
  readonly base: number;
  readonly size: number;
}

const overlap = (one: PortBlock, other: PortBlock): boolean =>
  one.base < other.base + other.size && other.base < one.base + one.size;

/** True when a program could listen there now. */
const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });

/** The environment that tells an agent its ports; empty of a block of none. */
export const portsInEnv = ({ base, size }: PortBlock): Readonly<Record<string, string>> =>
  size === 0
    ? {}
    : { PORT: String(base), MISSIOND_PORT_BASE: String(base), MISSIOND_PORT_COUNT: String(size) };

/**
 * Blocks of ports, each for one worktree.
 * @param live those of the worktrees that there are
 */
export function createPortBlocks(live: () => readonly PortBlock[]) {
  const oneByOne = createOneByOne();
  /** Given, and perhaps in no row yet. */
  const given = new Set<PortBlock>();

  async function areFree({ base, size }: PortBlock): Promise<boolean> {
    for (let port = base; port < base + size; port += 1) if (!(await isFree(port))) return false;
    return true;
  }

  return {
    /**
     * A block that nobody has, on which nothing listens now. It is kept until it is given back.
     * @throws MissionError `setup_failed` when none is left
     */
    take(size: number): Promise<PortBlock> {
      return oneByOne(async () => {
        const taken = [...live(), ...given];
        for (let base = FIRST; size > 0 && base + size - 1 <= LAST; base += size) {
          const block = { base, size };
          if (taken.some((other) => overlap(block, other)) || !(await areFree(block))) continue;
          given.add(block);
          return block;
        }
        if (size === 0) return { base: FIRST, size };
        throw new MissionError('setup_failed', `No ${size} ports in a row are free.`, {
          remedy:
            'Give each worktree fewer: missiond repo config ports=3. Or remove worktrees that nobody needs.',
        });
      });
    },

    /** When its worktree is gone, or a row says that it is given. */
    giveBack({ base }: PortBlock): void {
      for (const block of given) if (block.base === base) given.delete(block);
    },
  };
}
