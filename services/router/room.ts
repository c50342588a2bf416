/** How many may be within at once. */
export interface Room {
  readonly within: () => number;
  /** @returns how to leave, or null when it is full */
  tryEnter(): (() => void) | null;
  /** Waits for a place; those who came first enter first. Rejects with the signal's reason. */
  enter(signal: AbortSignal): Promise<() => void>;
}

export function createRoom(most: () => number): Room {
  let within = 0;
  const waiting: (() => void)[] = [];

  function taken(): () => void {
    within += 1;
    let left = false;
    return () => {
      if (left) return;
      left = true;
      within -= 1;
      waiting.shift()?.();
    };
  }

  return {
    within: () => within,
    tryEnter: () => (within < most() && waiting.length === 0 ? taken() : null),
    async enter(signal) {
      signal.throwIfAborted();
      while (within >= most()) {
        await new Promise<void>((resolve, reject) => {
          const next = (): void => {
            signal.removeEventListener('abort', gone);
            resolve();
          };
          const gone = (): void => {
            waiting.splice(waiting.indexOf(next), 1);
            reject(signal.reason);
          };
          waiting.push(next);
          signal.addEventListener('abort', gone, { once: true });
        });
      }
      return taken();
    },
  };
}
