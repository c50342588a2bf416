import { existsSync } from 'node:fs';
import { EMPTY_POLICY, loadPolicy, type Policy, type Rules } from './policy.ts';

export interface PermissionStore {
  current(): Policy;
  /** Reads the file again. An invalid file changes nothing: the last good rules stay. Throws `permissions_invalid`. */
  reload(): void;
}

/**
 * Holds the rules that are in force.
 * @param always rules that hold beside those of the file, whatever it says
 * @throws MissionError `permissions_invalid` when the file is wrong at the start: nothing runs by rules nobody wrote
 */
export function createPermissionStore(file: string, always?: Rules): PermissionStore {
  const read = (): Policy => {
    const policy = existsSync(file) ? loadPolicy(file) : EMPTY_POLICY;
    return always === undefined ? policy : { ...policy, always };
  };
  let policy = read();
  return {
    current: () => policy,
    reload() {
      policy = read();
    },
  };
}
