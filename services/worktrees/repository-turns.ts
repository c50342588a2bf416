import { createOneByOne } from '../lock/one-by-one.ts';

/** Acts on a repository, told by its common git folder, while nobody else of this daemon does. */
export type Alone = <T>(commonDir: string, act: () => Promise<T>) => Promise<T>;

/** The same, of one repository. */
export type Turn = <T>(act: () => Promise<T>) => Promise<T>;

/** One at a time in each repository, in the order of the calls: git's own calls would meet at its locks. */
export function createRepositoryTurns(): Alone {
  const queues = new Map<string, ReturnType<typeof createOneByOne>>();
  return (commonDir, act) => {
    const queue = queues.get(commonDir) ?? createOneByOne();
    queues.set(commonDir, queue);
    return queue(act);
  };
}
