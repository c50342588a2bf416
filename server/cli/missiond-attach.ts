#!/usr/bin/env node
import { attachCommand } from '../attach/attach-command.ts';

process.exitCode = await attachCommand(process.argv.slice(2));
