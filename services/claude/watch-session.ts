import { type FSWatcher, watch } from 'node:fs';
import path from 'node:path';
import { readSessionStatus, type SessionStatus } from './session-registry.ts';

/** A version that keeps no register never makes the folder; one that does makes it within a second of its start. */
const LOOK_AGAIN_MS = 1_000;
/** The file is rewritten in place: half of it may be read. */
const WHOLE_AGAIN_MS = 25;
const MOST_TRIES = 4;

export interface SessionWatch {
  /** `CLAUDE_CONFIG_DIR`, or `~/.claude`. */
  readonly configDirectory: string;
  readonly pid: number;
  /** Told first how it stands, then when it changes; null while nothing is known of the process. */
  readonly onStatus: (status: SessionStatus | null) => void;
}

/**
 * Follows what Claude Code writes of one process into its register, as it writes. Says nothing for versions that keep
 * none, or for a program that runs behind a wrapper. Returns the way to stop.
 */
export function watchSession({ configDirectory, pid, onStatus }: SessionWatch): () => void {
  const folder = path.join(configDirectory, 'sessions');
  const name = `${pid}.json`;
  let watcher: FSWatcher | undefined;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  let reading = false;
  let changed = false;
  let told: string | undefined;

  function tell(status: SessionStatus | null): void {
    const known = status?.status === 'unknown' ? null : status;
    const text = JSON.stringify(known);
    if (closed || text === told) return;
    told = text;
    onStatus(known);
  }

  async function readWhole(): Promise<SessionStatus | null> {
    for (let tries = 1; ; tries++) {
      const status = await readSessionStatus(configDirectory, pid);
      if (status !== null || told === undefined || told === 'null' || tries === MOST_TRIES || closed)
        return status;
      await new Promise((resolve) => setTimeout(resolve, WHOLE_AGAIN_MS));
    }
  }

  /** One read at a time; a change during it is read afterwards. */
  async function look(): Promise<void> {
    changed = true;
    if (reading) return;
    reading = true;
    while (changed && !closed) {
      changed = false;
      tell(await readWhole());
    }
    reading = false;
  }

  function begin(): void {
    if (closed) return;
    try {
      watcher = watch(folder, { persistent: false }, (_, file) => {
        if (file === null || file === name) void look();
      });
      watcher.on('error', beginAgain);
      void look();
    } catch {
      // The folder is not there: an older version, or one that has only just been started.
      beginAgain();
    }
  }

  function beginAgain(): void {
    watcher?.close();
    watcher = undefined;
    clearTimeout(timer);
    timer = setTimeout(begin, LOOK_AGAIN_MS);
    timer.unref();
  }

  begin();
  return () => {
    closed = true;
    clearTimeout(timer);
    watcher?.close();
  };
}
