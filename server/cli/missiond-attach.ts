#!/usr/bin/env node
import { attachCommand } from './attach-command.ts';

process.exitCode = await attachCommand(process.argv.slice(2), process.env);
