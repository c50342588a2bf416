import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type OpenDoors, openDoors } from '../open-doors.ts';
import { runCli } from './run-cli.ts';

const SECRET = 'correct-horse-battery';

describe('while no daemon runs', () => {
  let home: string;
  beforeAll(() => {
    home = mkdtempSync(path.join(os.tmpdir(), 'missiond-diagnostics-'));
    mkdirSync(path.join(home, 'logs'));
    writeFileSync(
      path.join(home, 'slots.yaml'),
      `slots:\n  - { id: coder-1, role: coder, cwd: /, env: { DB_PASSWORD: ${SECRET} } }\n`,
    );
    writeFileSync(
      path.join(home, 'logs', 'missiond.log'),
      `connected with ${SECRET}\n\`\`\`\n# not a heading\nsk-ant-api03-${'a'.repeat(40)}\n`,
    );
  });
  afterAll(() => rmSync(home, { recursive: true, force: true }));
  const env = { PATH: process.env['PATH'], HOME: '/nowhere', API_TOKEN: 'an-inherited-token' };
  const cli = (...argv: readonly string[]) => runCli([...argv, '--home', home], env);

  test('diagnostics say what is there, and nothing that is secret', async () => {
    const { status, out } = await cli('diagnostics');
    expect(status).toBe(0);
    const found = JSON.parse(out);
    expect(found).toMatchObject({
      node: process.version,
      daemon: { answers: false, problem: expect.stringContaining('daemon_unreachable') },
      statistics: null,
    });
    expect(found.tools.git).toMatch(/^git version/);
    expect(found.findings.map(({ check }: { check: string }) => check)).toContain('slots.yaml');
    expect(out).not.toContain(SECRET);
    expect(out).not.toContain('sk-ant-api03-aaaa');
  });

  test('a bug report holds what a person says, and what a log says stays in its fence', async () => {
    const { out } = await cli('bug', 'it', 'hangs', 'at', 'an-inherited-token', '| once');
    expect(out).toMatch(/^# it hangs at \[secret\] \\\| once\n/);
    expect(out).toContain('| Daemon | does not answer (daemon_unreachable: ');
    expect(out).toMatch(/````\nconnected with .*\n```\n# not a heading\n.*\n````\n$/);
    expect(out).not.toContain(SECRET);
  });

  test('a file is for its owner alone', async () => {
    const file = path.join(home, 'report.md');
    expect((await cli('bug', '--output', file)).out).toContain(file);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, 'utf8')).toMatch(/^# What happened/);
  });
});

describe('while a daemon runs', () => {
  let doors: OpenDoors;
  beforeAll(async () => {
    doors = await openDoors();
  });
  afterAll(() => doors.close());

  test('diagnostics count what there is', async () => {
    const { out } = await runCli(['diagnostics', '--home', path.dirname(doors.socketFile)], {
      PATH: process.env['PATH'],
    });
    const { statistics, daemon } = JSON.parse(out);
    expect(daemon).toEqual({ answers: true });
    expect(statistics).toMatchObject({ slots: { stopped: expect.any(Number) }, repositories: 0, agents: {} });
  });
});
