/** What asks a program to stop: a service manager, and a terminal that is closed. */
const ORDERLY = ['SIGTERM', 'SIGHUP'] as const;

/**
 * Calls `stop` for each signal that asks this process to stop. Stopping takes a while, and a terminal that is closed
 * says SIGHUP more than once (the kernel to all in it, the shell to its jobs, npm and others to their child), so those
 * signals stay harmless until the watch ends: a stop that was begun is brought to its end. Ctrl+C only once; the second
 * one is a person who will not wait.
 * @returns ends the watch
 */
export function watchStopSignals(stop: (signal: NodeJS.Signals) => void): () => void {
  for (const signal of ORDERLY) process.on(signal, stop);
  process.once('SIGINT', stop);
  return () => {
    for (const signal of [...ORDERLY, 'SIGINT'] as const) process.off(signal, stop);
  };
}
