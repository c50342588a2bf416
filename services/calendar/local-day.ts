const two = (value: number): string => String(value).padStart(2, '0');

/** The day of a time (epoch milliseconds) where the daemon runs: `2026-11-21`. */
export function localDay(at: number): string {
  const date = new Date(at);
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** When the next day begins there, epoch milliseconds. */
export function nextLocalDay(at: number): number {
  const date = new Date(at);
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() + 1).getTime();
}
