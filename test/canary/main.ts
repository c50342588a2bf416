import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { ensureClaudeCode } from '../../services/claude/install.ts';
import { atLeast } from '../../services/claude/version-order.ts';
import { judge } from './judge.ts';
import { newestVersion } from './newest-version.ts';
import { play } from './play.ts';
import { type Played, report } from './report.ts';
import { scenarios } from './scenarios/index.ts';
import type { Scenario } from './stage.ts';

const HELP = `Usage: npm run canary -- [VERSION…] [options]

Installs the named versions of Claude Code from npm (default: the newest), plays every scenario on
each, with the scripted model and a HOME of its own, and prints how well the sessions were read.
Recordings of what failed are kept. It ends with status 1 when something failed.

  --only NAME[,NAME…]  only these scenarios; names may be cut short
  --sizes              also in the other window sizes of each scenario
  --bare               as a person starts Claude Code: no hooks, none of missiond's profile
  --jobs N             so many sessions at a time (default 2)
  --out DIR            where recordings go (default: a temporary folder)
  --keep               keep the recordings of what passed, too
  --judge DIR          play nothing; judge the recordings of a folder again
  --tolerance S        seconds in which Claude Code may draw a change (default 0.35; more on a busy machine)
  --list               name the scenarios
`;

/** The size in which every scenario is played. */
const USUAL_SIZE = [140, 45] as const;

interface Job {
  readonly version: string;
  readonly name: string;
  readonly scenario: Scenario;
  readonly size: readonly [number, number];
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string' },
    sizes: { type: 'boolean', default: false },
    bare: { type: 'boolean', default: false },
    jobs: { type: 'string', default: '2' },
    out: { type: 'string' },
    keep: { type: 'boolean', default: false },
    judge: { type: 'string' },
    tolerance: { type: 'string' },
    list: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const tolerance = values.tolerance === undefined ? undefined : Number(values.tolerance);
const tell = (sentence: string) => process.stderr.write(`${sentence}\n`);

function jobsOf(versions: readonly string[]): Job[] {
  const only = values.only?.split(',');
  return versions.flatMap((version) =>
    Object.entries(scenarios)
      .filter(([name]) => only === undefined || only.some((start) => name.startsWith(start)))
      .filter(([, { since }]) => since === undefined || atLeast(version, since))
      .flatMap(([name, scenario]) =>
        [USUAL_SIZE, ...(values.sizes ? (scenario.sizes ?? []) : [])].map((size) => ({
          version,
          name,
          scenario,
          size,
        })),
      ),
  );
}

async function perform({ version, name, scenario, size }: Job, out: string): Promise<Played> {
  const [columns, rows] = size;
  const program = await ensureClaudeCode({ version, onProgress: tell });
  const recording = path.join(out, `${version}-${name}-${columns}x${rows}${values.bare ? '-bare' : ''}`);
  const failure = await play({ program, name, scenario, columns, rows, bare: values.bare, out: recording });
  const { leastAlone } = scenario;
  return { version, recording, failure, judgement: await judge(recording, tolerance), leastAlone };
}

/** Runs the jobs, so many at a time, in order. */
async function performAll(jobs: readonly Job[], out: string): Promise<Played[]> {
  const waiting = [...jobs];
  const played: Played[] = [];
  const work = async () => {
    for (let job = waiting.shift(); job !== undefined; job = waiting.shift()) {
      const result = await perform(job, out);
      played.push(result);
      tell(`${played.length}/${jobs.length} ${report.line(result)}`);
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, Number(values.jobs)) }, work));
  return played;
}

async function judgeFolder(folder: string): Promise<Played[]> {
  const played: Played[] = [];
  for (const file of readdirSync(folder)
    .filter((name) => name.endsWith('.cast'))
    .sort()) {
    const recording = path.join(folder, file.slice(0, -'.cast'.length));
    const [version = file, ...rest] = file.split('-');
    const name = Object.keys(scenarios).find((each) => rest.join('-').startsWith(`${each}-`));
    const leastAlone = name === undefined ? undefined : scenarios[name]?.leastAlone;
    const judgement = await judge(recording, tolerance);
    played.push({ version, recording, failure: null, judgement, leastAlone });
  }
  return played;
}

function dropWhatPassed(played: readonly Played[]): void {
  for (const { recording } of played.filter((result) => !report.failed(result)))
    for (const ending of ['.cast', '.truth.jsonl', '.heard.jsonl'])
      rmSync(recording + ending, { force: true });
}

async function main(): Promise<number> {
  if (values.help || values.list) {
    process.stdout.write(values.help ? HELP : `${Object.keys(scenarios).join('\n')}\n`);
    return 0;
  }
  if (values.judge !== undefined) {
    const judged = await judgeFolder(values.judge);
    process.stdout.write(report.whole(judged));
    return judged.some(report.failed) ? 1 : 0;
  }
  const out = values.out ?? mkdtempSync(path.join(tmpdir(), 'missiond-canary-'));
  mkdirSync(out, { recursive: true });
  const versions = positionals.length > 0 ? positionals : [await newestVersion()];
  for (const version of versions) await ensureClaudeCode({ version, onProgress: tell });
  const played = await performAll(jobsOf(versions), out);
  if (!values.keep) dropWhatPassed(played);
  process.stdout.write(report.whole(played));
  const failed = played.filter(report.failed);
  if (failed.length > 0) tell(`Recordings of what failed: ${out}`);
  return failed.length > 0 ? 1 : 0;
}

process.exit(await main());
