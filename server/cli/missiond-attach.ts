#!/usr/bin/env node
import { attachCommand } from '../attach/attach-command.ts';
import { outliveReaders } from './outlive-readers.ts';

outliveReaders();
process.exitCode = await attachCommand(process.argv.slice(2));
