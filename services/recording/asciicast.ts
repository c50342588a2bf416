import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { MissionError } from '../errors/mission-error.ts';

/** Columns or rows. A terminal takes memory for each of its cells; no person's is larger. */
const MOST_A_SIDE = 1_000;

const side = z.number().int().positive().max(MOST_A_SIDE);
const Header = z.object({ version: z.literal(2), width: side, height: side });
const Event = z.tuple([z.number().nonnegative(), z.string(), z.string()]);

export interface CastEvent {
  /** Seconds from the start. */
  readonly at: number;
  /** `o` output, `i` input, `r` resize (`COLSxROWS`); others are kept and mean nothing here. */
  readonly kind: string;
  readonly data: string;
}

export interface Recording {
  readonly columns: number;
  readonly rows: number;
  readonly events: AsyncIterable<CastEvent>;
}

function invalid(file: string, line: number, why: string, cause?: unknown): MissionError {
  return new MissionError('recording_invalid', `${file}, line ${line}: ${why}`, {
    remedy: 'Give an asciicast version 2: one JSON header line, then one JSON array a line.',
    cause,
  });
}

/** Reads one line; a last line that was cut off while it was written is told apart from a wrong one by the caller. */
function parse<T>(schema: z.ZodType<T>, text: string, file: string, line: number): T {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw invalid(file, line, 'this is not JSON.', cause);
  }
  const parsed = schema.safeParse(json);
  if (!parsed.success) throw invalid(file, line, z.prettifyError(parsed.error), parsed.error);
  return parsed.data;
}

/** @throws MissionError `recording_invalid` */
function checkSize([, columns, rows]: readonly string[], file: string, line: number): void {
  const size = z.tuple([side, side]).safeParse([Number(columns), Number(rows)]);
  if (!size.success) throw invalid(file, line, z.prettifyError(size.error), size.error);
}

/**
 * Opens an asciicast version 2 (https://docs.asciinema.org/manual/asciicast/v2/). Lines are read as they are needed,
 * so a recording of hours takes no memory.
 * @throws MissionError `recording_invalid` naming file and line
 */
export async function openRecording(file: string): Promise<Recording> {
  const stream = createReadStream(file, 'utf8');
  const opened = new Promise<void>((resolve, reject) => {
    stream.once('open', () => resolve());
    stream.once('error', (cause) =>
      reject(new MissionError('recording_invalid', `${file} cannot be read: ${cause.message}`, { cause })),
    );
  });
  await opened;
  const lines = createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })[
    Symbol.asyncIterator
  ]();
  const first = await lines.next();
  if (first.done === true || first.value === '') throw invalid(file, 1, 'the file is empty.');
  const header = parse(Header, first.value, file, 1);
  async function* events(): AsyncGenerator<CastEvent> {
    let line = 1;
    let latest = 0;
    for (;;) {
      const next = await lines.next();
      if (next.done === true) return;
      line += 1;
      if (next.value.trim() === '') continue;
      const [at, kind, data] = parse(Event, next.value, file, line);
      const size = kind === 'r' ? /^(\d+)x(\d+)$/.exec(data) : null;
      if (size !== null) checkSize(size, file, line);
      // A clock that was set back while recording must not turn time around here.
      latest = Math.max(latest, at);
      yield { at: latest, kind, data };
    }
  }
  return { columns: header.width, rows: header.height, events: events() };
}
