import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Role, SlotId } from '../../db/ids.ts';
import { runCli } from './cli/run-cli.ts';
import { type OpenDoors, openDoors } from './open-doors.ts';

describe('through the doors', () => {
  let doors: OpenDoors;
  let file: string;
  beforeAll(async () => {
    doors = await openDoors();
    file = path.join(path.dirname(doors.socketFile), 'permissions.yaml');
  });
  afterAll(async () => {
    expect(doors.errors()).toEqual([]);
    await doors.close();
  });
  const role = Role.parse('coder');
  const explained = async (call: string) => (await doors.client.permissionExplain({ call, role })).decision;

  test('what is allowed is added to the file and holds at once, comments and all', async () => {
    writeFileSync(file, `# ours\n${readFileSync(file, 'utf8')}`);
    expect(await explained('Bash(npm test)')).toBe('confirm');
    await doors.client.permissionAddAutoAllow({ pattern: 'Bash(npm test*)', role });
    expect(await explained('Bash(npm test)')).toBe('allow');
    expect(readFileSync(file, 'utf8')).toMatch(/^# ours\n/);
    expect((await doors.client.permissionGet({})).roles['coder']?.allow).toEqual(['Bash(npm test*)']);
  });

  test('rules of roles and slots are replaced, and a denial of one stands against an allowance of the other', async () => {
    await doors.client.permissionSetRole({ role, rule: { auto_allow: ['Bash(make*)'] } });
    const slotId = SlotId.parse('coder-1');
    await doors.client.permissionSetSlot({ slotId, rule: { deny: ['Bash(make install*)'] } });
    const inSlot = (call: string) => doors.client.permissionExplain({ call, slotId });
    expect((await inSlot('Bash(make all)')).decision).toBe('allow');
    expect(await inSlot('Bash(make install)')).toMatchObject({
      decision: 'deny',
      rule: 'slots.coder-1.deny Bash(make install*)',
    });
    expect(await explained('Bash(make install)')).toBe('allow');
    expect(await explained('Bash(npm test)')).toBe('confirm');
  });

  test('a wrong file is told of with its place, and loosens nothing', async () => {
    writeFileSync(file, 'default:\n  deny: nothing\n');
    await expect(doors.client.permissionReload({})).rejects.toMatchObject({
      code: 'permissions_invalid',
      message: expect.stringContaining('permissions.yaml:2:9'),
    });
    expect(await explained('Bash(rm -rf build)')).toBe('deny');
    expect((await doors.client.permissionGet({})).problem).toContain('permissions.yaml:2:9');
    await expect(doors.client.permissionAddAutoAllow({ pattern: 'Bash', role })).rejects.toMatchObject({
      code: 'permissions_invalid',
    });
    expect(readFileSync(file, 'utf8')).toBe('default:\n  deny: nothing\n');
  });

  test('nonsense is refused', async () => {
    await expect(doors.client.permissionExplain({ call: 'Bash(ls)' })).rejects.toMatchObject({
      code: 'input_invalid',
    });
    await expect(doors.client.permissionExplain({ call: 'rm -rf', role })).rejects.toMatchObject({
      code: 'input_invalid',
    });
    await expect(
      doors.client.permissionSetSlot({ slotId: SlotId.parse('nobody'), rule: {} }),
    ).rejects.toMatchObject({ code: 'slot_unknown' });
    await expect(doors.client.permissionAddAutoAllow({ pattern: 'two words', role })).rejects.toMatchObject({
      code: 'input_invalid',
    });
  });
});

describe('at the command line, without a daemon', () => {
  let home: string;
  beforeEach(() => {
    home = mkdtempSync(path.join(os.tmpdir(), 'missiond-home-'));
    writeFileSync(
      path.join(home, 'permissions.yaml'),
      'default: {deny: ["Bash(rm -rf*)"]}\nroles: {coder: {allow: [Bash(git *)], confirm: [Bash(git push*)]}}\n',
    );
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));
  const permissions = (...words: readonly string[]) => runCli(['permissions', ...words, '--home', home]);

  test.each([
    ['Bash(git status)', { decision: 'allow', rule: 'roles.coder.allow Bash(git *)' }],
    ['Bash(git push origin work/a)', { decision: 'confirm', rule: 'roles.coder.confirm Bash(git push*)' }],
    ['Bash(git push --force)', { decision: 'confirm', rule: expect.stringContaining('gate forcePush') }],
    ['Bash(git status; rm -r -f .)', { decision: 'deny', rule: 'default.deny Bash(rm -rf*)' }],
    ['Edit(.github/workflows/ci.yml)', { decision: 'confirm', personOnly: true }],
    ['mcp__github__search({"q": "x"})', { decision: 'confirm', rule: 'no rule' }],
  ])('explain %s', async (call, expected) => {
    const ran = await permissions('explain', call, '--role', 'coder', '--json');
    expect(ran).toMatchObject({ status: 0, err: '' });
    expect(JSON.parse(ran.out)).toMatchObject(expected);
  });

  test('in words', async () => {
    expect((await permissions('explain', 'Bash(git push -f)', '--role', 'coder')).out).toBe(
      'confirm: gate forcePush: a push over what the remote has (only a person may allow it)\n',
    );
    expect((await permissions('check')).out).toBe(`${path.join(home, 'permissions.yaml')} is right\n`);
  });

  test('a wrong file and wrong words are told', async () => {
    writeFileSync(path.join(home, 'permissions.yaml'), 'default: {alow: []}');
    expect(await permissions('check')).toMatchObject({
      status: 1,
      err: expect.stringContaining('permissions.yaml:1:11: default: unknown key "alow"'),
    });
    expect((await permissions('explain', 'Bash(ls)')).status).toBe(1);
    expect((await permissions('explain')).status).toBe(2);
    expect((await permissions('approve')).status).toBe(2);
  });
});
