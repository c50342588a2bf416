import type { PtyHost, PtyHostEvent } from './pty-host.ts';
import { createTerminalStore } from './terminal-store.ts';

/** The pty host without its process: for tests, and for one who does not want agents to outlive the program. */
export function createInProcessPtyHost(): PtyHost {
  const listeners = new Set<(event: PtyHostEvent) => void>();
  const store = createTerminalStore((event) => {
    for (const listener of [...listeners]) listener(event);
  });
  return {
    ...store,
    spawn: async (spec) => store.spawn(spec),
    list: async () => store.list(),
    resize: async (epoch, columns, rows) => store.resize(epoch, columns, rows),
    signal: async (epoch, signal) => store.signal(epoch, signal),
    attach: async (epoch, handlers, fromSequence) => store.attach(epoch, handlers, fromSequence),
    forget: async (epoch) => store.forget(epoch),
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    // Without a process of its own nothing can outlive the connection.
    disconnect: () => store.shutdown(0),
  };
}
