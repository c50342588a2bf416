import { readdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createActor } from 'xstate';
import { sessionMachine } from '../../machines/session.ts';
import { nearestState, type SessionStateName, viewSession } from '../../machines/session-view.ts';
import { openRecording } from '../../services/recording/asciicast.ts';
import { createScreenReader } from '../../services/terminal/screen-reader.ts';

const FOLDER = fileURLToPath(new URL('../fixtures/recordings', import.meta.url));
/** Nothing is drawn in a longer gap, so nobody needs to sit through it. */
const LONGEST_GAP_MS = 300;
const EPOCH = 'bench';

/** Plays a recording in real time and measures, for each change of state, how long the screen had shown it. */
async function measure(file: string): Promise<number[]> {
  const recording = await openRecording(file);
  const latencies: number[] = [];
  let shown: { readonly state: SessionStateName; readonly since: number } | undefined;
  let state: SessionStateName = 'starting';
  const actor = createActor(sessionMachine, { input: { epoch: EPOCH, sessionId: EPOCH, at: Date.now() } });
  actor.subscribe((snapshot) => {
    const next = viewSession(snapshot).state;
    if (next !== state && shown?.state === next) latencies.push(performance.now() - shown.since);
    state = next;
  });
  actor.start();
  const reader = createScreenReader({
    columns: recording.columns,
    rows: recording.rows,
    scrollback: 0,
    clock: {
      now: Date.now,
      schedule(task, ms) {
        const timer = setTimeout(task, ms);
        return () => clearTimeout(timer);
      },
    },
    onReading: (reading) => actor.send({ type: 'screen.read', epoch: EPOCH, at: reading.at, reading }),
    onReply: () => {},
  });
  let before = 0;
  for await (const { at, kind, data } of recording.events) {
    await sleep(Math.min(LONGEST_GAP_MS, (at - before) * 1_000));
    before = at;
    const [columns, rows] = data.split('x').map(Number);
    if (kind === 'r' && columns !== undefined && rows !== undefined) reader.resize(columns, rows);
    if (kind !== 'o') continue;
    const arrived = performance.now();
    await new Promise<void>((parsed) => reader.feed(data, parsed));
    const now = nearestState(reader.reading().level);
    if (shown?.state !== now) shown = { state: now, since: arrived };
  }
  await sleep(LONGEST_GAP_MS);
  actor.stop();
  reader.dispose();
  return latencies;
}

/** Milliseconds from the bytes that show a change to the change of state, terminal alone, over all kept recordings. */
export async function measureDetection(): Promise<number[]> {
  const files = readdirSync(FOLDER).filter((file) => file.endsWith('.cast'));
  return (await Promise.all(files.map((file) => measure(path.join(FOLDER, file))))).flat();
}
