#!/usr/bin/env node
import { runCommand } from './run-command.ts';

// A reader that has seen enough (`missiond replay … | head`) is no failure of ours.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

process.exitCode = await runCommand(process.argv.slice(2), process.env, process);
