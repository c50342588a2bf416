import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCli } from './cli/run-cli.ts';
import { type OpenDoors, openDoors } from './open-doors.ts';

let doors: OpenDoors;
beforeAll(async () => {
  doors = await openDoors();
  await doors.client.ptySpawn({ slotId: 'coder-1' });
});
afterAll(async () => {
  expect(doors.errors()).toEqual([]);
  await doors.close();
});

describe('mission_health', () => {
  test('looks at everything, and tells when the daemon began', async () => {
    const { checks, uptime, pty, versions, wsPort } = await doors.client.health({});
    expect(checks.map(({ check }) => check)).toEqual([
      'database',
      'pty host',
      'queue',
      'slots',
      'disk',
      'event loop',
      'memory',
    ]);
    expect(checks.filter(({ result }) => result === 'fail')).toEqual([]);
    expect(checks.find(({ check }) => check === 'pty host')?.detail).toBe('holds 1 running terminals');
    expect(uptime).toBeLessThan(600);
    expect(wsPort).toBe(doors.port);
    expect(pty.map(({ slotId, pid }) => [slotId, typeof pid])).toEqual([
      ['coder-1', 'number'],
      ['coder-2', 'undefined'],
      ['researcher-1', 'undefined'],
    ]);
    expect(versions).toMatchObject({ node: process.version, missiond: expect.stringMatching(/^\d/) });
  });

  test('the command line ends with 0 while nothing fails', async () => {
    const { status, out } = await runCli(['health', '--home', doors.home]);
    expect([status, out]).toEqual([0, expect.stringMatching(/^ok {4}database/m)]);
  });

  test('what anybody may ask tells no more than before', async () => {
    const { body } = await doors.tcp({ path: '/health' });
    expect(new Set(Object.keys(JSON.parse(body)))).toEqual(new Set(['pid', 'status', 'version']));
  });
});

describe('/metrics', () => {
  const metrics = (token?: string) =>
    doors.tcp({ path: '/metrics', headers: token === undefined ? {} : { authorization: `Bearer ${token}` } });

  test('is for whoever may look, and no agent', async () => {
    const viewer = doors.tokens.create('viewer', undefined);
    expect((await metrics()).status).toBe(401);
    expect((await metrics(doors.doorOf('coder-1').token)).status).toBe(403);
    expect((await metrics(viewer.token)).status).toBe(200);
  });

  test('counts tasks and hooks, in lines that Prometheus reads, and names nobody', async () => {
    await doors.client.submit({
      slotId: 'coder-2',
      prompt: 'a secret plan',
      notBefore: Date.now() + 600_000,
    });
    const { hookUrl, token } = doors.doorOf('coder-1');
    const counted = async () =>
      Number(/^missiond_hook_seconds_count (\d+)$/m.exec((await metrics(doors.token)).body)?.[1]);
    const before = await counted();
    await doors.tcp({
      path: new URL(hookUrl).pathname,
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        hook_event_name: 'Notification',
        session_id: crypto.randomUUID(),
        message: 'x',
      }),
    });
    expect(await counted()).toBe(before + 1);
    const { body, headers } = await metrics(doors.token);
    expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(body).toContain('missiond_tasks{state="waiting"} 1\n');
    expect(body).toContain('missiond_tasks{state="done"} 0\n');
    expect(body).toMatch(/^missiond_cost_usd_total 0$/m);
    const lines = body.trimEnd().split('\n');
    const wrong = lines.filter(
      (line) => !/^(?:# (?:HELP|TYPE) \w+ .+|\w+(?:\{\w+="[^"]*"(?:,\w+="[^"]*")*\})? [\d.e+-]+)$/.test(line),
    );
    expect(wrong).toEqual([]);
    expect(body).not.toMatch(/coder-|a secret plan/);
  });
});
