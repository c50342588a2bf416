import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { z } from 'zod';
import { fileMark } from '../../services/config/file-mark.ts';
import { readPrivateFile } from '../../services/config/private-file.ts';
import { writeWhole } from '../../services/config/write-whole.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import { takeLock } from '../../services/lock/take-lock.ts';
import { newToken } from '../daemon-file.ts';
import type { Caller } from './caller.ts';
import { digestOf, sameDigest } from './secrets.ts';

/** Each request compares with all of them. */
const MOST_TOKENS = 100;

/** The roles for which tokens are made. The owner's is in daemon.json, a slot's is made with its session. */
export const TokenRole = z.enum(['viewer', 'orchestrator']);
export type TokenRole = z.infer<typeof TokenRole>;

export const TokenName = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
    'a name starts with a letter or digit and has letters, digits, . _ - (64 at most)',
  );

const StoredToken = z.strictObject({
  id: z.uuid(),
  name: TokenName,
  role: TokenRole,
  /** SHA-256 in hex. The token itself is nowhere. */
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  createdAt: z.iso.datetime(),
});
const TokensFile = z.strictObject({ tokens: z.array(StoredToken).max(MOST_TOKENS) });
type StoredToken = z.infer<typeof StoredToken>;

/** A token as it is listed. */
export type TokenView = Omit<StoredToken, 'hash'>;

export interface TokenStore {
  /** @throws MissionError `input_invalid` for a name that is used, `config_invalid` for a file that cannot be used */
  create(role: TokenRole, name: string | undefined): TokenView & { readonly token: string };
  list(): readonly TokenView[];
  /** @throws MissionError `input_invalid` when no token has that name or id */
  revoke(nameOrId: string): TokenView;
  /** Whose token it is; null when it is nobody's. Follows the file. */
  callerOf(token: string): Caller | null;
  /** False once the token of a caller was revoked; callers without one stay. */
  stillHolds(caller: Caller): boolean;
}

const shown = ({ hash: _, ...token }: StoredToken): TokenView => token;

/**
 * The tokens of a home, in `tokens.json` (mode 0600). The command line and the daemon share the file.
 * @param onProblem told once of each state of the file that cannot be used; nobody has a token then
 */
export function openTokenStore(
  home: string,
  onProblem: (problem: MissionError) => void = () => {},
): TokenStore {
  const file = path.join(home, 'tokens.json');
  let seen: string | null = null;
  let tokens: readonly StoredToken[] = [];

  function read(): readonly StoredToken[] {
    const content = readPrivateFile(file);
    if (content === null) return [];
    try {
      return TokensFile.parse(JSON.parse(content)).tokens;
    } catch (cause) {
      throw new MissionError('config_invalid', `${file} is not a file of tokens.`, {
        remedy: 'Remove it and make the tokens anew with `missiond token create`.',
        cause,
      });
    }
  }

  /** What the file holds now. One that cannot be used holds nothing. */
  function current(): readonly StoredToken[] {
    const mark = fileMark(file)?.text ?? null;
    if (mark === seen) return tokens;
    seen = mark;
    try {
      tokens = read();
    } catch (error) {
      tokens = [];
      if (!(error instanceof MissionError)) throw error;
      onProblem(error);
    }
    return tokens;
  }

  /** Nobody else changes the file meanwhile. */
  function change<Result>(
    work: (all: readonly StoredToken[]) => { readonly all: readonly StoredToken[]; readonly result: Result },
  ): Result {
    const release = takeLock(path.join(home, 'tokens-lock.db'));
    if (release === null) {
      throw new MissionError('config_invalid', `Another command is changing ${file}.`, {
        remedy: 'Run the command again.',
      });
    }
    try {
      const { all, result } = work(read());
      writeWhole(file, `${JSON.stringify({ tokens: all }, null, 2)}\n`);
      return result;
    } finally {
      release();
    }
  }

  return {
    create(role, wanted) {
      const token = newToken();
      return change((all) => {
        const id = randomUUID();
        const name = wanted ?? `${role}-${id.slice(0, 8)}`;
        if (all.some((one) => one.name === name)) {
          throw new MissionError('input_invalid', `There is a token named ${name} already.`, {
            remedy: `Choose another name, or run \`missiond token revoke ${name}\`.`,
          });
        }
        if (all.length >= MOST_TOKENS) {
          throw new MissionError('input_invalid', `There are ${MOST_TOKENS} tokens already.`, {
            remedy: 'Revoke those that nobody uses.',
          });
        }
        const made = {
          id,
          name,
          role,
          hash: digestOf(token).toString('hex'),
          createdAt: new Date().toISOString(),
        };
        return { all: [...all, made], result: { ...shown(made), token } };
      });
    },
    list: () => read().map(shown),
    revoke: (nameOrId) =>
      change((all) => {
        const found = all.find(({ id, name }) => name === nameOrId || id === nameOrId);
        if (found === undefined) {
          throw new MissionError('input_invalid', `There is no token named ${JSON.stringify(nameOrId)}.`, {
            remedy: 'List them with `missiond token list`.',
          });
        }
        return { all: all.filter((one) => one !== found), result: shown(found) };
      }),
    callerOf(token) {
      const digest = digestOf(token);
      // All of them, whichever fits: how long it takes tells nothing.
      const [found] = current().filter(({ hash }) => sameDigest(Buffer.from(hash, 'hex'), digest));
      return found === undefined ? null : { role: found.role, tokenId: found.id, name: found.name };
    },
    stillHolds: (caller) =>
      caller.role === 'owner' ||
      caller.role === 'slot' ||
      current().some(({ id, role }) => id === caller.tokenId && role === caller.role),
  };
}
