import type { OutputChunk, TerminalSnapshot } from './pty-host.ts';

/** A viewer that has not acknowledged so much is given nothing more until it has caught up. */
const MOST_UNACKNOWLEDGED = 1024 * 1024;
/** It gets a fresh screen when less than this is open. */
const CAUGHT_UP = 128 * 1024;

export interface Viewer {
  output(chunk: OutputChunk): void;
  acknowledge(sequence: number): void;
  /** Bytes on their way to the viewer. */
  pending(): number;
}

/**
 * Counted flow control for one viewer. One that falls behind costs nothing: its output is dropped,
 * and when it has caught up it is given the screen as it stands.
 */
export function createViewer(options: {
  readonly start: number;
  readonly send: (chunk: OutputChunk) => void;
  readonly resynchronise: (ready: (snapshot: TerminalSnapshot) => void) => void;
  readonly snapshot: (snapshot: TerminalSnapshot) => void;
}): Viewer {
  let sent = options.start;
  let acknowledged = options.start;
  let behind = false;
  return {
    output(chunk) {
      if (behind) return;
      if (chunk.sequence - acknowledged > MOST_UNACKNOWLEDGED) {
        behind = true;
        return;
      }
      sent = chunk.sequence;
      options.send(chunk);
    },
    acknowledge(sequence) {
      acknowledged = Math.max(acknowledged, Math.min(sequence, sent));
      if (!behind || sent - acknowledged > CAUGHT_UP) return;
      options.resynchronise((snapshot) => {
        behind = false;
        sent = snapshot.sequence;
        acknowledged = snapshot.sequence;
        options.snapshot(snapshot);
      });
    },
    pending: () => sent - acknowledged,
  };
}
