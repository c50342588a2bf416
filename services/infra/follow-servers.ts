import path from 'node:path';
import { redactTokens } from '../../db/redact-tokens.ts';
import { fileMark } from '../config/file-mark.ts';
import { readYamlFile } from '../config/yaml-file.ts';
import { messageOf } from '../errors/message-of.ts';
import { SERVER_FIELDS, ServersFile } from './server-schema.ts';
import { type KnownServer, knownServer } from './servers.ts';

export const serversFile = (home: string): string => path.join(home, 'servers.yaml');

/** The machines in force, and what is wrong with the file as it stands. */
export interface FollowedServers {
  readonly servers: readonly KnownServer[];
  readonly problem: string | null;
}

/**
 * Reads servers.yaml again whenever it has changed. A file that is wrong changes nothing: what was read last stays in
 * force. Without a file there are no machines.
 */
export function followServers(home: string): () => FollowedServers {
  const file = serversFile(home);
  let seen: string | null = null;
  let followed: FollowedServers = { servers: [], problem: null };
  return () => {
    let mark: string;
    try {
      mark = fileMark(file)?.text ?? '';
    } catch (error) {
      return { ...followed, problem: `${file} cannot be looked at: ${messageOf(error)}` };
    }
    if (mark === seen) return followed;
    seen = mark;
    try {
      const { servers } =
        mark === ''
          ? { servers: [] }
          : readYamlFile(file, ServersFile, {
              code: 'config_invalid',
              knownKeys: SERVER_FIELDS,
              isQuoted: false,
            });
      followed = { servers: servers.map(knownServer), problem: null };
    } catch (error) {
      followed = { ...followed, problem: redactTokens(messageOf(error)) };
    }
    return followed;
  };
}
