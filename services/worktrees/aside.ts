import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Git, GitCall } from './git.ts';

/**
 * Lets git reckon with commits and trees that are kept nowhere: what it writes goes into a folder of its own that is
 * deleted afterwards. The repository is only read.
 */
export async function aside<T>(git: Git, call: GitCall, reckon: (call: GitCall) => Promise<T>): Promise<T> {
  const temporary = await mkdtemp(path.join(os.tmpdir(), 'missiond-aside-'));
  try {
    const objects = await git.git(['rev-parse', '--path-format=absolute', '--git-path', 'objects'], call);
    return await reckon({
      ...call,
      env: {
        ...call.env,
        GIT_OBJECT_DIRECTORY: temporary,
        // A path with a colon would end there, unless it is quoted.
        GIT_ALTERNATE_OBJECT_DIRECTORIES: JSON.stringify(objects),
      },
    });
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}
