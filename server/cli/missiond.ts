#!/usr/bin/env node
import '../../services/processes/small-heap.ts';
import { outliveReaders } from './outlive-readers.ts';
import { runCommand } from './run-command.ts';

outliveReaders();
process.exitCode = await runCommand(process.argv.slice(2), process.env, process);
