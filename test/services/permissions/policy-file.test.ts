import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createJudge } from '../../../services/permissions/decide.ts';
import { writeDefaultPolicy } from '../../../services/permissions/default-policy.ts';
import { createPermissionStore } from '../../../services/permissions/permission-store.ts';
import { EMPTY_POLICY, loadPolicy } from '../../../services/permissions/policy.ts';

let folder: string;
let file: string;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'missiond-policy-'));
});
beforeEach(() => {
  file = path.join(folder, 'permissions.yaml');
  rmSync(file, { force: true });
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function problemsOf(yaml: string): string {
  writeFileSync(file, yaml);
  try {
    loadPolicy(file);
  } catch (error) {
    return String(error).replaceAll(folder, '');
  }
  return 'none';
}

describe('permissions.yaml', () => {
  it('takes the old names of keys beside the new ones', () => {
    writeFileSync(
      file,
      'default: {auto_allow: [Read], require_confirm: ["Bash(*)"], deny: [Write]}\nroles: {coder: {allow: [Edit], auto_allow: [Grep]}}\n',
    );
    expect(loadPolicy(file)).toEqual({
      default: { allow: ['Read'], confirm: ['Bash(*)'], deny: ['Write'] },
      roles: { coder: { allow: ['Edit', 'Grep'], confirm: [], deny: [] } },
      slots: {},
    });
  });

  it('may be empty, or have empty parts', () => {
    expect(problemsOf('')).toBe('none');
    expect(problemsOf('default:\nroles:\n  coder:\n')).toBe('none');
  });

  it('says file, line and column of every problem at once', () => {
    const text = problemsOf(
      [
        'defalt: {}',
        'roles:',
        '  coder:',
        '    alow: [Read]',
        '    deny: Bash',
        '    allow: ["no good", 3]',
      ].join('\n'),
    );
    expect(text).toContain('permissions.yaml:1:1: unknown key "defalt". Did you mean "default"?');
    expect(text).toContain('permissions.yaml:4:5: roles.coder: unknown key "alow". Did you mean "allow"?');
    expect(text).toContain('permissions.yaml:5:11: roles.coder.deny:');
    expect(text).toContain('permissions.yaml:6:13: roles.coder.allow.0: a pattern is a tool name');
    expect(text).toContain('permissions.yaml:6:24: roles.coder.allow.1:');
  });

  it.each([
    ['default: {allow: [Read}', /permissions\.yaml:1:\d+: /],
    ['default:\n  allow: [Read]\n  allow: [Edit]\n', /permissions\.yaml:3:3: .*unique/i],
    ['- Read', /permissions\.yaml:1:1: /],
  ])('%j is no policy', (yaml, message) => {
    expect(problemsOf(yaml)).toMatch(message);
  });
});

describe('the store', () => {
  it('confirms everything while there is no file', () => {
    const store = createPermissionStore(file);
    expect(store.current()).toEqual(EMPTY_POLICY);
  });

  it('takes a change, and keeps the last good rules when the change is wrong', () => {
    writeFileSync(file, 'default: {deny: [Bash]}');
    const store = createPermissionStore(file);
    writeFileSync(file, 'default: {deny: [Bash, Write]}');
    store.reload();
    expect(store.current().default.deny).toEqual(['Bash', 'Write']);
    writeFileSync(file, 'default: {deny: [');
    expect(() => store.reload()).toThrow(expect.objectContaining({ code: 'permissions_invalid' }));
    expect(store.current().default.deny).toEqual(['Bash', 'Write']);
  });

  it('follows the file by itself, once it is written to the end', () => {
    writeFileSync(file, 'default: {deny: [Bash]}');
    let clock = Date.now();
    const heard: (string | undefined)[] = [];
    const store = createPermissionStore(file, {
      now: () => clock,
      onRead: (problem) => heard.push(problem?.code),
    });
    // An editor has emptied the file and has not written the rest yet.
    writeFileSync(file, '');
    expect(store.current().default.deny).toEqual(['Bash']);
    writeFileSync(file, 'default: {deny: [Bash, Write]}');
    clock += 1_000;
    expect(store.current().default.deny).toEqual(['Bash', 'Write']);
    expect(store.problem()).toBeNull();

    writeFileSync(file, 'default: {deny: [');
    expect(store.problem()).toMatchObject({ code: 'permissions_invalid' });
    rmSync(file);
    expect(store.current().default.deny).toEqual(['Bash', 'Write']);
    expect(store.problem()).toMatchObject({ message: expect.stringContaining('has gone') });
    expect(heard).toEqual([undefined, 'permissions_invalid', 'permissions_invalid']);
  });

  it('keeps the last rules when the file has lost all of them, until somebody says that it is meant', () => {
    writeFileSync(file, 'default: {deny: [Bash]}\nroles: {coder: {allow: [Read]}}');
    let clock = Date.now();
    const store = createPermissionStore(file, { now: () => clock });
    for (const nothing of ['', '# what was there\n', 'default: {}', 'roles: {coder: {allow: []}}']) {
      writeFileSync(file, nothing);
      clock += 1_000;
      expect(store.current().default.deny).toEqual(['Bash']);
      expect(store.problem()).toMatchObject({ message: expect.stringContaining('lost all its rules') });
    }
    store.reload();
    expect(store.current().default.deny).toEqual([]);
    expect(store.problem()).toBeNull();
  });

  it('does not start by rules that nobody can read', () => {
    writeFileSync(file, 'default: nothing');
    expect(() => createPermissionStore(file)).toThrow(
      expect.objectContaining({ code: 'permissions_invalid' }),
    );
  });
});

describe('the default policy', () => {
  it('is written once, for its owner alone, and does what its comments say', () => {
    expect(writeDefaultPolicy(file)).toBe(true);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    writeFileSync(file, `${readFileSync(file, 'utf8')}# mine\n`);
    expect(writeDefaultPolicy(file)).toBe(false);
    expect(readFileSync(file, 'utf8')).toContain('# mine');

    const policy = loadPolicy(file);
    const as = (role: string, tool: string, input: unknown) =>
      createJudge(policy)({ role, slotId: 'x', tool, input, cwd: folder }).decision;
    expect(as('coder', 'Read', { file_path: 'a' })).toBe('allow');
    expect(as('coder', 'Edit', { file_path: 'a' })).toBe('allow');
    expect(as('coder', 'Read', { file_path: '~/.ssh/id_rsa' })).toBe('deny');
    expect(as('coder', 'Bash', { command: 'rm -rf build' })).toBe('deny');
    expect(as('coder', 'Bash', { command: 'git push' })).toBe('confirm');
    expect(as('coder', 'Bash', { command: 'npm test' })).toBe('confirm');
    expect(as('researcher', 'Write', { file_path: 'a' })).toBe('deny');
    expect(as('researcher', 'WebSearch', { query: 'a' })).toBe('allow');
  });
});
