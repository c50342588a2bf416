import { execFileSync, spawnSync } from 'node:child_process';

/** A tmux server of a test's own. */
export interface TmuxServer {
  readonly socket: string;
  /** What a command of tmux prints, without the last line break. */
  ask(...args: readonly string[]): string;
  close(): void;
}

/** Null, with the reason printed, where no tmux is installed. */
export function createTmuxServer(test: string): TmuxServer | null {
  if (spawnSync('tmux', ['-V']).error !== undefined) {
    console.warn(`${test} is skipped: no tmux is installed (apt install tmux).`);
    return null;
  }
  const socket = `missiond-test-${process.pid}-${Math.random().toString(36).slice(2)}`;
  return {
    socket,
    ask: (...args) => execFileSync('tmux', ['-L', socket, ...args], { encoding: 'utf8' }).trimEnd(),
    close: () => void spawnSync('tmux', ['-L', socket, 'kill-server']),
  };
}
