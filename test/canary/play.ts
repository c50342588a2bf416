import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Heard } from '../../actors/replay.ts';
import { watchSession } from '../../services/claude/watch-session.ts';
import { startRealSession } from '../services/keyboard/real-session.ts';
import { markShown } from './answer-shown.ts';
import { createStage, type Scenario } from './stage.ts';
import { createTruthLog } from './truth-log.ts';

export interface PlayOptions {
  readonly program: { readonly file: string; readonly version: string };
  readonly name: string;
  readonly scenario: Scenario;
  readonly columns: number;
  readonly rows: number;
  /** As a person starts Claude Code: no hooks and none of our profile. */
  readonly bare: boolean;
  /** Path without ending; `.cast`, `.truth.jsonl` and `.heard.jsonl` are written. */
  readonly out: string;
}

const DIGITS = 4;

function lines(values: readonly unknown[]): string {
  return values.map((value) => `${JSON.stringify(value)}\n`).join('');
}

/**
 * Plays a scenario on a real Claude Code and writes what the terminal showed, what was true, and what hooks and the register of
 * Claude Code told.
 * @returns why it could not be played to its end, or null
 */
export async function play(options: PlayOptions): Promise<string | null> {
  const { program, name, scenario, columns, rows, bare, out } = options;
  const begin = Date.now();
  const now = () => Number(((Date.now() - begin) / 1000).toFixed(DIGITS));
  const events: [number, string, string][] = [];
  const heard: Heard[] = [];
  const truth = createTruthLog(now);
  const session = await startRealSession({
    program,
    columns,
    rows,
    bare,
    trusted: scenario.trusted ?? true,
    env: scenario.env ?? {},
    onOutput: (data) => events.push([now(), 'o', data]),
    answer: (hook) => {
      heard.push({ t: now(), hook });
      return {};
    },
  });
  const stopWatching = watchSession({
    configDirectory: path.join(session.claudeHome, '.claude'),
    pid: session.pid,
    onStatus: (register) => heard.push({ t: now(), register }),
  });
  let failure: string | null = null;
  try {
    writeFileSync(path.join(session.cwd, 'a.txt'), 'alpha\nbeta\ngamma\n');
    execFileSync('git', ['init', '-q', session.cwd]);
    session.model.events.on('event', (event) => truth.hear(event, scenario.errorMeans ?? 'unknown'));
    truth.set('starting', 'spawned');
    const size = { columns, rows, version: program.version };
    const stage = createStage(session, truth, (kind, data) => events.push([now(), kind, data]), size);
    await scenario.play(stage);
    await stage.pause(300);
  } catch (error) {
    failure = error instanceof Error ? error.message : String(error);
  } finally {
    truth.set('end', 'over');
    stopWatching();
    await session.close();
  }
  const head = {
    version: 2,
    width: columns,
    height: rows,
    timestamp: Math.floor(begin / 1000),
    title: `claude ${program.version} ${name}${bare ? ' bare' : ''}`,
    env: { TERM: 'xterm-256color' },
  };
  writeFileSync(`${out}.cast`, lines([head, ...events]));
  writeFileSync(`${out}.heard.jsonl`, lines(heard));
  writeFileSync(`${out}.truth.jsonl`, lines(await markShown(`${out}.cast`, truth.changes)));
  return failure;
}
