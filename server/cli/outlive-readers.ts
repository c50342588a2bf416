/** A reader that has seen enough (`… | head`), or a terminal that was closed, is no failure of ours. */
export function outliveReaders(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
}
