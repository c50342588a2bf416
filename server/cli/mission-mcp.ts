#!/usr/bin/env node
import '../../services/processes/small-heap.ts';
import { parseArgs } from 'node:util';
import { missionHome } from '../../services/config/home.ts';
import { MissionError, toFailure } from '../../services/errors/mission-error.ts';
import { bridgedDaemon } from '../mcp/bridged-daemon.ts';
import { runStdioBridge } from '../mcp/stdio-bridge.ts';
import { ToolProfile } from '../tools/profiles.ts';
import { outliveReaders } from './outlive-readers.ts';

const HELP = `Usage: mission-mcp [--home DIR] [--profile core|worker|full]

The MCP server of missiond over stdin and stdout, for .mcp.json. Starts the daemon when none runs.

--profile       which tools the client is shown: core (what an orchestrator needs every day), worker, or all of them

MISSION_TOKEN   a token of 'missiond token create', instead of the owner's
MISSION_URL     a daemon elsewhere (https://HOST:PORT), with MISSION_TOKEN; it is not started from here
`;
const FAILED = 1;
const WRONG_USAGE = 2;

/** stdout carries the protocol and nothing else. */
function report(error: unknown): void {
  const { message, remedy } = toFailure(error);
  process.stderr.write(`mission-mcp: ${[message, remedy].filter(Boolean).join('\n  → ')}\n`);
}

/** @throws MissionError `input_invalid` for a profile that there is not */
function profileOf(name: string | undefined): ToolProfile | undefined {
  if (name === undefined) return undefined;
  const profile = ToolProfile.safeParse(name);
  if (profile.success) return profile.data;
  throw new MissionError('input_invalid', `There is no profile ${JSON.stringify(name)}.`, {
    remedy: `Name one of ${ToolProfile.options.join(', ')}.`,
  });
}

function readArguments() {
  try {
    const { values } = parseArgs({
      options: {
        home: { type: 'string' },
        profile: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    return { ...values, profile: profileOf(values.profile) };
  } catch (error) {
    report(error);
    process.stderr.write(`\n${HELP}`);
    return null;
  }
}

async function main(): Promise<number> {
  const values = readArguments();
  if (values === null) return WRONG_USAGE;
  if (values.help === true) {
    process.stdout.write(HELP);
    return 0;
  }
  const home = values.home ?? missionHome(process.env);
  try {
    await runStdioBridge({
      daemon: bridgedDaemon(home, process.env),
      profile: values.profile,
      input: process.stdin,
      output: process.stdout,
      onError: report,
    });
    return 0;
  } catch (error) {
    report(error);
    return FAILED;
  }
}

outliveReaders();
process.exitCode = await main();
