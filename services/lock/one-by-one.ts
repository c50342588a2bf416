/** Runs tasks one after another, in the order of the calls. A task that fails does not hold up the next. */
export function createOneByOne() {
  let last: Promise<unknown> = Promise.resolve();
  return function enqueue<T>(task: () => Promise<T>): Promise<T> {
    const run = last.then(task);
    last = run.catch(() => undefined);
    return run;
  };
}
