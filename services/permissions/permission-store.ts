import { existsSync } from 'node:fs';
import { type FileMark, fileMark } from '../config/file-mark.ts';
import { MissionError, type MissionErrorCode } from '../errors/mission-error.ts';
import { createJudge, type Judge } from './decide.ts';
import { editPolicy, type PolicyEdit } from './edit-policy.ts';
import type { OwnCommands } from './own-commands.ts';
import { EMPTY_POLICY, loadPolicy, type Policy, type Rules } from './policy.ts';
import type { Protections } from './protections.ts';
import type { RepositoryProtection } from './repository-protection.ts';

/** A file that was written so shortly ago may be half written: fewer rules, and still a valid file. Milliseconds. */
const SETTLES_MS = 250;
const INVALID: MissionErrorCode = 'permissions_invalid';

export interface PermissionStore {
  /** The rules in force. A file that has changed is read first; one that is invalid changes nothing. */
  current(): Policy;
  /** Decides by the rules in force. */
  readonly judge: Judge;
  /** What is wrong with the file as it stands; null when its rules are in force. */
  problem(): MissionError | null;
  /**
   * Reads the file at once, and anew what repositories protect.
   * @throws MissionError `permissions_invalid`; the last good rules stay
   */
  reload(): void;
  /**
   * Changes the file and reads it.
   * @throws MissionError `permissions_invalid`; nothing is changed then
   */
  edit(change: PolicyEdit): void;
}

export interface PermissionStoreOptions {
  /** Rules that hold beside those of the file, whatever it says. */
  readonly always?: Rules;
  /** What agents may say at missiond's own command line. */
  readonly ownCommands?: OwnCommands;
  /** What only a person may let an agent do; nothing when it is left out. */
  readonly protect?: Omit<Protections, 'repositoryPaths'>;
  readonly repository?: RepositoryProtection;
  /** Told of each change of the file that was read or refused. */
  readonly onRead?: (problem: MissionError | null) => void;
  readonly now?: () => number;
}

const isEmpty = ({ default: general, roles, slots }: Policy): boolean =>
  [general, ...Object.values(roles), ...Object.values(slots)].every(
    ({ allow, confirm, deny }) => allow.length + confirm.length + deny.length === 0,
  );

/**
 * Holds the rules that are in force, and follows the file.
 * @throws MissionError `permissions_invalid` when the file is wrong at the start: nothing runs by rules nobody wrote
 */
export function createPermissionStore(
  file: string,
  {
    always,
    ownCommands,
    protect,
    repository,
    onRead = () => {},
    now = Date.now,
  }: PermissionStoreOptions = {},
): PermissionStore {
  const protections: Protections | undefined =
    protect === undefined
      ? undefined
      : { ...protect, repositoryPaths: (folder) => repository?.pathsFor(folder) ?? [] };
  const read = (): Policy => ({
    ...(existsSync(file) ? loadPolicy(file) : EMPTY_POLICY),
    ...(always === undefined ? {} : { always }),
    ...(ownCommands === undefined ? {} : { ownCommands }),
    ...(protections === undefined ? {} : { protections }),
  });
  let seen = fileMark(file);
  let policy = read();
  let decide = createJudge(policy);
  let problem: MissionError | null = null;

  function take(mark: FileMark | null, isMeant: boolean): void {
    seen = mark;
    try {
      if (mark === null) {
        throw new MissionError(INVALID, `${file} has gone; its last rules stay in force.`, {
          remedy: 'Put it back; an empty one has no rules.',
        });
      }
      const next = read();
      // A full disk, a `>` too many: what denied would only ask, or be allowed where questions are skipped.
      if (!isMeant && isEmpty(next) && !isEmpty(policy)) {
        throw new MissionError(INVALID, `${file} has lost all its rules; the last ones stay in force.`, {
          remedy: 'Put them back, or say `missiond permissions reload` if it is meant.',
        });
      }
      policy = next;
      decide = createJudge(policy);
      problem = null;
    } catch (error) {
      problem =
        error instanceof MissionError ? error : new MissionError(INVALID, String(error), { cause: error });
    }
    onRead(problem);
  }

  function follow(): void {
    let mark: FileMark | null;
    try {
      mark = fileMark(file);
    } catch {
      // A folder that cannot be looked into says nothing about the rules.
      return;
    }
    if (mark?.text === seen?.text) return;
    if (mark !== null && Math.abs(now() - mark.modifiedAt) < SETTLES_MS) return;
    take(mark, false);
  }

  function reload(): void {
    repository?.forget();
    take(fileMark(file), true);
    if (problem !== null) throw problem;
  }

  return {
    current() {
      follow();
      return policy;
    },
    judge(call, task) {
      follow();
      return decide(call, task);
    },
    problem() {
      follow();
      return problem;
    },
    reload,
    edit(change) {
      // A file that is gone, or wrong, does not say what is in force: a change of it would drop the rest.
      const mark = fileMark(file);
      if (mark?.text !== seen?.text || problem !== null) take(mark, false);
      if (problem !== null) throw problem;
      editPolicy(file, change);
      reload();
    },
  };
}
