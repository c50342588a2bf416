import type { OutputChunk, TerminalSnapshot } from './pty-host.ts';

/** A viewer that has not acknowledged so much is given nothing more until it has caught up. */
export const MOST_UNACKNOWLEDGED_BYTES = 1024 * 1024;
/** It gets a fresh screen when less than this is on its way. */
const CAUGHT_UP_BYTES = 128 * 1024;

export interface ViewerOptions {
  /** The sequence number up to which the viewer has everything. */
  readonly start: number;
  readonly output: (chunk: OutputChunk) => void;
  readonly snapshot: (snapshot: TerminalSnapshot) => void;
  /** The screen as it stands. */
  readonly takeSnapshot: () => TerminalSnapshot;
}

export interface Viewer {
  /** Sends a chunk, or drops it when the viewer is behind. */
  output(chunk: OutputChunk): void;
  /** The viewer has drawn everything up to here. */
  acknowledge(sequence: number): void;
  /** Bytes on their way to the viewer; never much more than the limit. */
  pending(): number;
  behind(): boolean;
}

/**
 * Counted flow control for one viewer. One that falls behind costs nothing: its output is dropped,
 * and when it has caught up it is given the screen as it stands.
 */
export function createViewer(options: ViewerOptions): Viewer {
  let sent = options.start;
  let acknowledged = options.start;
  let behind = false;

  function catchUp(): void {
    if (sent - acknowledged > CAUGHT_UP_BYTES) return;
    const snapshot = options.takeSnapshot();
    behind = false;
    sent = snapshot.sequence;
    acknowledged = snapshot.sequence;
    options.snapshot(snapshot);
  }

  return {
    output(chunk) {
      if (behind) return;
      if (chunk.sequence - acknowledged > MOST_UNACKNOWLEDGED_BYTES) {
        behind = true;
        return;
      }
      sent = chunk.sequence;
      options.output(chunk);
    },
    acknowledge(sequence) {
      acknowledged = Math.max(acknowledged, Math.min(sequence, sent));
      if (behind) catchUp();
    },
    pending: () => sent - acknowledged,
    behind: () => behind,
  };
}
