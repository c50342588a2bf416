import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { z } from 'zod';
import { runCli } from './run-cli.ts';

const Findings = z.object({
  findings: z.array(z.object({ check: z.string(), result: z.string(), detail: z.string() })),
});
let home: string;
beforeEach(() => {
  home = mkdtempSync(path.join(os.tmpdir(), 'missiond-doctor-'));
  mkdirSync(path.join(home, 'empty'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

/** A program of that name that says a version, or fails. */
function program(name: string, script: string): string {
  const file = path.join(home, name);
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  return file;
}

/** What is found of Claude Code, where none is on the PATH. */
async function claudeWith(slotsFile: object) {
  writeFileSync(path.join(home, 'slots.yaml'), stringify(slotsFile));
  const { out } = await runCli(['doctor', '--json', '--home', home], {
    PATH: path.join(home, 'empty'),
    HOME: home,
  });
  return Findings.parse(JSON.parse(out)).findings.find(({ check }) => check === 'claude');
}

test('the Claude Code of agents is looked for where they are started from', async () => {
  const command = program('theirs', 'echo "2.1.329 (Claude Code)"');
  expect(await claudeWith({ slots: [], agents: { command } })).toEqual({
    check: 'claude',
    result: 'ok',
    detail: `2.1.329 at ${command}`,
  });
});

test.each([
  ['does not run', 'exit 3'],
  ['says no version', 'echo hello'],
])('one of agents that %s is a failure', async (_, script) => {
  const command = program('broken', script);
  expect(await claudeWith({ slots: [], agents: { command } })).toMatchObject({
    result: 'fail',
    detail: expect.stringContaining('broken'),
  });
});

test('without one of its own it is the one on the PATH', async () => {
  expect(await claudeWith({ slots: [] })).toMatchObject({ result: 'fail' });
});
