import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { MissionError } from '../errors/mission-error.ts';
import { handedOn } from '../processes/handed-on.ts';
import { type Drawing, DrawingNews } from './drawing-messages.ts';

/** As it is built. */
const PROGRAM = new URL('./drawing-main.js', import.meta.url);
/** The largest picture takes 130 MB outside this heap. Megabytes. */
const MOST_HEAP_MB = 512;
/** A screen takes some hundredths of a second, the largest terminal with all its lines two; a busy machine ten times that. */
const DRAWN_WITHIN_MS = 20_000;
/** Fonts and program take 100 MB, which somebody who looks now and then does not need all the time. */
const IDLE_MS = 30_000;

export interface DrawnPicture {
  readonly bytes: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** Draws screens in a process of its own, which is started when it is needed and ends when it is not. */
export interface DrawingProcess {
  /** @throws MissionError `screenshot_failed`, `timeout` */
  draw(drawing: Drawing): Promise<DrawnPicture>;
  /** Resolves when it has ended. */
  close(): Promise<void>;
}

export interface DrawingProcessOptions {
  /** Its program; only sources that run unbuilt need to name it. */
  readonly program?: URL;
  readonly env?: NodeJS.ProcessEnv;
  readonly drawnWithinMs?: number;
  readonly idleMs?: number;
}

interface Waiting {
  readonly resolve: (picture: DrawnPicture) => void;
  readonly reject: (error: Error) => void;
}

function failure(news: Extract<DrawingNews, { type: 'failed' }>): MissionError {
  if (news.reason === 'drawing')
    return new MissionError('screenshot_failed', `The screen could not be drawn: ${news.message}`, {
      remedy: 'mission_pty_screen has its text, also where a terminal is too large for a picture.',
    });
  return new MissionError('screenshot_failed', `No PNG can be made on this machine: ${news.message}`, {
    remedy:
      'Install the optional package @napi-rs/canvas, or ask for {"format": "svg"}, which needs nothing, or for mission_pty_screen.',
  });
}

interface Running {
  readonly child: ChildProcess;
  readonly waiting: Map<number, Waiting>;
  readonly gone: Promise<void>;
  idle: NodeJS.Timeout | undefined;
}

/** Why a process and not a thread: what goes wrong in a native library there takes the process with it. */
export function createDrawingProcess({
  program = PROGRAM,
  env = process.env,
  drawnWithinMs = DRAWN_WITHIN_MS,
  idleMs = IDLE_MS,
}: DrawingProcessOptions = {}): DrawingProcess {
  let running: Running | null = null;
  let orders = 0;

  function start(): Running {
    const child = fork(fileURLToPath(program), [], {
      env: handedOn(env),
      execArgv: [`--max-old-space-size=${MOST_HEAP_MB}`],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    const waiting = new Map<number, Waiting>();
    let tellGone: () => void = () => {};
    const gone = new Promise<void>((resolve) => {
      tellGone = resolve;
    });
    const started: Running = { child, waiting, gone, idle: undefined };
    const end = (why: string): void => {
      if (running === started) running = null;
      clearTimeout(started.idle);
      for (const { reject } of waiting.values())
        reject(new MissionError('screenshot_failed', `What draws screens has ended (${why}).`));
      waiting.clear();
      tellGone();
    };
    child.on('message', (message: unknown) => {
      const news = DrawingNews.parse(message);
      const asker = waiting.get(news.id);
      waiting.delete(news.id);
      if (waiting.size === 0) started.idle = setTimeout(() => leave(started), idleMs).unref();
      if (news.type === 'failed') asker?.reject(failure(news));
      else asker?.resolve(news);
    });
    child.on('exit', (code, signal) => end(signal ?? `status ${code}`));
    child.on('error', (error) => end(error.message));
    // It must not keep alive whoever has asked.
    child.unref();
    child.channel?.unref();
    return started;
  }

  function leave(one: Running): void {
    if (running === one) running = null;
    if (one.child.connected) one.child.disconnect();
  }

  function giveUp(one: Running): void {
    if (running === one) running = null;
    one.child.kill('SIGKILL');
  }

  return {
    draw(drawing) {
      running ??= start();
      const current = running;
      clearTimeout(current.idle);
      orders += 1;
      const id = orders;
      return new Promise((resolve, reject) => {
        const late = setTimeout(() => {
          current.waiting.delete(id);
          // Nobody knows what it does; those who wait behind it ask again.
          giveUp(current);
          reject(
            new MissionError('timeout', 'The screen was not drawn in time.', {
              remedy: 'Ask again, or ask for mission_pty_screen.',
            }),
          );
        }, drawnWithinMs);
        const settle =
          <T>(then: (value: T) => void) =>
          (value: T): void => {
            clearTimeout(late);
            then(value);
          };
        current.waiting.set(id, { resolve: settle(resolve), reject: settle(reject) });
        // What cannot be sent is answered by its end.
        current.child.send({ ...drawing, id }, () => {});
      });
    },
    async close() {
      const last = running;
      if (last === null) return;
      leave(last);
      await last.gone;
    },
  };
}
