import type { IngestProgress } from '../../services/conversations/ingest-progress.ts';

const MOST_CELLS = 30;
const LEAST_CELLS = 5;
/** Where nobody says how wide it is. */
const USUAL_COLUMNS = 80;
const MEGABYTE = 1024 * 1024;

const megabytes = (bytes: number): string => (bytes / MEGABYTE).toFixed(1);

function timeLeft({ bytesRead, bytesTotal, bytesPerSecond }: IngestProgress): string {
  if (bytesPerSecond <= 0) return '';
  const seconds = Math.ceil(Math.max(0, bytesTotal - bytesRead) / bytesPerSecond);
  return seconds < 60 ? `  ${seconds} s left` : `  ${Math.ceil(seconds / 60)} min left`;
}

/** One line that says how far it is, never wider than the terminal: one that wraps could not be drawn over. */
export function progressBar(progress: IngestProgress, columns = USUAL_COLUMNS): string {
  const { bytesRead, bytesTotal, bytesPerSecond, problem } = progress;
  const share = bytesTotal === 0 ? 1 : Math.min(1, bytesRead / bytesTotal);
  const percent = ` ${Math.floor(share * 100)} %`;
  const volume = `  ${megabytes(bytesRead)} of ${megabytes(bytesTotal)} MB`;
  const details =
    problem === undefined
      ? [volume, `  ${megabytes(bytesPerSecond)} MB/s`, timeLeft(progress)]
      : [`  waits: ${problem.replace(/\s+/g, ' ')}`];
  // In the last column some terminals wrap already.
  const most = Math.max(1, columns - 1);
  let text = percent;
  for (const detail of details) {
    if (problem === undefined && LEAST_CELLS + text.length + detail.length > most) break;
    text += detail;
  }
  const cells = Math.min(MOST_CELLS, Math.max(LEAST_CELLS, most - text.length));
  const full = Math.round(share * cells);
  return `${'█'.repeat(full)}${'░'.repeat(cells - full)}${text}`.slice(0, most);
}
