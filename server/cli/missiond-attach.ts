#!/usr/bin/env node
import { outliveReaders } from './outlive-readers.ts';
import { runCommand } from './run-command.ts';

outliveReaders();
process.exitCode = await runCommand(['attach', ...process.argv.slice(2)], process.env, process);
