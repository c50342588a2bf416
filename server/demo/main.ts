import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ensureClaudeCode } from '../../services/claude/install.ts';
import { missionHome } from '../../services/config/home.ts';
import { MissionError, toFailure } from '../../services/errors/mission-error.ts';
import { startScriptedModel } from '../../services/scripted-model/start-scripted-model.ts';
import { outliveReaders } from '../cli/outlive-readers.ts';
import { runDaemon } from '../daemon.ts';
import { watchStopSignals } from '../stop-signals.ts';
import { createEmbeddedHome } from './embedded-home.ts';
import { DEMO_PERMISSIONS, DEMO_SLOTS } from './jobs.ts';
import { createLiveTable } from './live-table.ts';
import { connectMcp } from './mcp-connection.ts';
import { nextSteps } from './next-steps.ts';
import { type JobOutcome, runJobs } from './run-jobs.ts';

const HELP = `Usage: npm start [-- OPTIONS]

Runs missiond with two real Claude Code sessions against a scripted model on loopback:
no account, no network, no file of yours. Four tasks are submitted over MCP.

  --exit    end after the tasks; status 0 when all went as they should
  --live    your own Claude login and ~/.missiond/slots.yaml (written when absent)
  --help    this text
`;

interface Address {
  readonly port: number;
  readonly token: string;
}

const script = (name: string): string => fileURLToPath(new URL(`../cli/${name}.js`, import.meta.url));
const say = (line: string): void => void process.stdout.write(`${line}\n`);

function steps(home: string, { port, token }: Address): string {
  return nextSteps({
    home,
    port,
    token,
    cli: script('missiond'),
    bridge: script('mission-mcp'),
    attach: script('missiond-attach'),
    slotId: DEMO_SLOTS[0].id,
  });
}

function report(outcomes: readonly JobOutcome[]): void {
  say('\nResults');
  for (const { task, asExpected } of outcomes) {
    say(`  ${asExpected ? '✓' : '✗'} ${task.title}: ${task.status}`);
    say(`      ${(task.result ?? task.error ?? '').split('\n')[0] ?? ''}`);
  }
}

async function live(): Promise<number> {
  const home = missionHome(process.env);
  const firstTime = !existsSync(path.join(home, 'slots.yaml'));
  return runDaemon({
    home,
    env: process.env,
    onReady({ port, token }) {
      if (firstTime)
        say(
          `Wrote ${path.join(home, 'slots.yaml')} and permissions.yaml with comments: look at them, then start again.`,
        );
      say(`missiond runs on 127.0.0.1:${port} with your own Claude Code. Ctrl+C stops it and its agents.`);
      say(steps(home, { port, token }));
    },
  });
}

/** A taken port is no reason not to show anything: the demonstration then takes any. */
async function runOnSomePort(
  home: string,
  onReady: (address: Address) => void,
  signal: AbortSignal,
): Promise<number> {
  const env = { ...process.env, MISSIOND_HOME: home };
  try {
    return await runDaemon({ home, env, onReady, signal });
  } catch (error) {
    if (
      !(error instanceof MissionError && error.code === 'port_taken') ||
      process.env['MISSION_WS_PORT'] !== undefined
    )
      throw error;
    say(`${error.message} Taking another one.`);
    return runDaemon({ home, env: { ...env, MISSION_WS_PORT: '0' }, onReady, signal });
  }
}

/** Aborting `stop` ends it, and it aborts `stop` itself when it is done: nothing that it started is left then. */
async function demonstrate(stop: AbortController, exitAfterwards: boolean): Promise<number> {
  const claude = await ensureClaudeCode({
    onProgress: (message: string) => say(`missiond: ${message}`),
    signal: stop.signal,
  });
  const directory = mkdtempSync(path.join(os.tmpdir(), 'missiond-demo-'));
  const model = await startScriptedModel();
  let status = 0;
  try {
    const embedded = createEmbeddedHome({
      directory,
      claudeFile: claude.file,
      modelUrl: model.url,
      slots: DEMO_SLOTS,
      permissionsYaml: DEMO_PERMISSIONS,
    });
    say(`missiond: two slots with Claude Code ${claude.version}, everything in ${directory}\n`);
    const work = async (address: Address): Promise<void> => {
      const mcp = await connectMcp(address);
      try {
        const outcomes = await runJobs(mcp, createLiveTable(process.stdout), embedded.workspace, stop.signal);
        report(outcomes);
        if (outcomes.some(({ asExpected }) => !asExpected)) status = 1;
      } finally {
        await mcp.close();
      }
      if (exitAfterwards) stop.abort();
      else {
        say(steps(embedded.home, address));
        say('The daemon stays up. Ctrl+C stops it and its agents.');
      }
    };
    const failed = (error: unknown): void => {
      if (!stop.signal.aborted) {
        process.stderr.write(`missiond: the demonstration failed: ${toFailure(error).message}\n`);
        status = 1;
      }
      stop.abort();
    };
    await runOnSomePort(embedded.home, (address) => void work(address).catch(failed), stop.signal);
  } finally {
    await model.close();
    rmSync(directory, { recursive: true, force: true });
  }
  return status;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { exit: { type: 'boolean' }, live: { type: 'boolean' }, help: { type: 'boolean' } },
  });
  if (values.help === true) {
    process.stdout.write(HELP);
    return 0;
  }
  if (values.live === true) return live();
  const stop = new AbortController();
  const unwatch = watchStopSignals(() => stop.abort());
  try {
    return await demonstrate(stop, values.exit === true);
  } finally {
    unwatch();
  }
}

// A closed terminal must not end the daemon before it has ended its agents.
outliveReaders();

try {
  process.exitCode = await main();
} catch (error) {
  const { message, remedy } = toFailure(error);
  process.stderr.write(`missiond: ${message}\n${remedy === undefined ? '' : `  → ${remedy}\n`}`);
  process.exitCode = 1;
}
