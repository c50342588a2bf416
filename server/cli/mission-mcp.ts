#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { missionHome } from '../../services/config/home.ts';
import { toFailure } from '../../services/errors/mission-error.ts';
import { ensureDaemon } from '../ensure-daemon.ts';
import { runStdioBridge } from '../mcp/stdio-bridge.ts';

const HELP = `Usage: mission-mcp [--home DIR]

The MCP server of missiond over stdin and stdout, for .mcp.json. Starts the daemon when none runs.
`;

const { values } = parseArgs({ options: { home: { type: 'string' }, help: { type: 'boolean' } } });
if (values.help === true) {
  process.stdout.write(HELP);
} else {
  const home = values.home ?? missionHome(process.env);
  // stdout carries the protocol and nothing else.
  const report = (error: unknown): void => {
    const { message, remedy } = toFailure(error);
    process.stderr.write(`mission-mcp: ${[message, remedy].filter(Boolean).join('\n  → ')}\n`);
  };
  try {
    await runStdioBridge({
      daemon: () => ensureDaemon(home, process.env),
      input: process.stdin,
      output: process.stdout,
      onError: report,
    });
  } catch (error) {
    report(error);
    process.exitCode = 1;
  }
}
