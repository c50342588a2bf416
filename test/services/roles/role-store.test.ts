import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readRoles } from '../../../services/roles/read-roles.ts';
import { createRoleStore } from '../../../services/roles/role-store.ts';
import { openTrustedRoles } from '../../../services/roles/trusted-roles.ts';

let root: string;
let home: string;
let repository: string;
beforeEach(() => {
  root = mkdtempSync(path.join(os.tmpdir(), 'missiond-roles-'));
  home = path.join(root, 'home');
  repository = path.join(root, 'shop');
  mkdirSync(path.join(home, 'agents'), { recursive: true });
  mkdirSync(repository);
});
afterEach(() => rmSync(root, { recursive: true }));

function stage() {
  let at = 0;
  let reads = 0;
  const store = createRoleStore(
    home,
    () => at,
    (where) => {
      reads += 1;
      return readRoles(where);
    },
  );
  /** What is known of the roles some seconds later. */
  const later = () => {
    at += 2_000;
    return store.of(repository).roles;
  };
  return { later, reads: () => reads };
}
const define = (folder: string, text: string): void => {
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'tester.md'), `---\ndescription: ${text}\n---\n${text}\n`);
};

test('what has not changed is read once, however often it is asked for', () => {
  const { later, reads } = stage();
  for (let times = 0; times < 50; times++) expect(later().has('worker')).toBe(true);
  expect(reads()).toBe(1);
});

test.each(['home/agents', 'shop/.missiond/agents', 'shop/.multiclaude/agents', 'shop/.claude/agents'])(
  'a definition that comes, changes and goes in %s is read',
  (folder) => {
    const { later, reads } = stage();
    expect(later().has('tester')).toBe(false);
    define(path.join(root, folder), 'one');
    expect(later().get('tester')?.description).toBe('one');
    define(path.join(root, folder), 'another');
    expect(later().get('tester')?.description).toBe('another');
    rmSync(path.join(root, folder, 'tester.md'));
    expect(later().has('tester')).toBe(false);
    expect(reads()).toBe(4);
  },
);

test('so is what a person trusts meanwhile', () => {
  const { later } = stage();
  define(path.join(repository, '.missiond', 'agents'), 'one');
  const file = path.join(repository, '.missiond', 'agents', 'tester.md');
  writeFileSync(file, '---\npermissions: { allow: [WebFetch] }\n---\nx\n');
  const waiting = later().get('tester');
  expect(waiting?.permissions.allow).toEqual([]);
  openTrustedRoles(home).add({ file, digest: waiting?.digest ?? '' });
  expect(later().get('tester')?.permissions.allow).toEqual(['WebFetch']);
});
