import { lstatSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { editPolicy, type PolicyEdit } from '../../../services/permissions/edit-policy.ts';
import { createPermissionStore } from '../../../services/permissions/permission-store.ts';
import { loadPolicy } from '../../../services/permissions/policy.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'missiond-policy-'));
  file = path.join(folder, 'permissions.yaml');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const COMMENTED = `# Who may do what.
default:
  allow: [Read(*)] # reading is free
roles:
  coder:
    # decided on Monday
    allow:
      - Edit(./**) # its own folder
      - Bash(npm test*)
    deny: [Bash(rm -rf*)]
slots: {}
`;

const add = (pattern: string, more: Partial<Extract<PolicyEdit, { kind: 'add' }>> = {}): PolicyEdit => ({
  kind: 'add',
  scope: { role: 'coder' },
  to: 'allow',
  pattern,
  ...more,
});

it('adds a pattern and keeps every comment', () => {
  writeFileSync(file, COMMENTED);
  editPolicy(file, add('Bash(git status*)'));
  const after = readFileSync(file, 'utf8');
  expect(after).toBe(
    COMMENTED.replace('- Bash(npm test*)\n', '- Bash(npm test*)\n      - Bash(git status*)\n'),
  );
  expect(loadPolicy(file).roles['coder']?.allow).toEqual([
    'Edit(./**)',
    'Bash(npm test*)',
    'Bash(git status*)',
  ]);
});

it('takes away with a pattern what was said of it, and leaves what was said of others', () => {
  writeFileSync(
    file,
    'roles:\n  coder:\n    allow:\n      # on Monday\n      - Bash(a)\n      # on Tuesday\n      - Bash(b)\n',
  );
  const rules = { allow: ['Bash(b)'], confirm: [], deny: [] };
  editPolicy(file, { kind: 'set', scope: { role: 'coder' }, rules });
  const after = readFileSync(file, 'utf8');
  expect(after).not.toContain('Monday');
  expect(after).toContain('# on Tuesday\n      - Bash(b)');
});

it('leaves what was said of a list whose last rule goes', () => {
  writeFileSync(
    file,
    'roles:\n  coder:\n    allow: [Read]\n    # never, says the owner\n    deny:\n      - Bash(a)\n    confirm: [Bash] # ask me\n',
  );
  const rules = { allow: ['Read'], confirm: [], deny: [] };
  editPolicy(file, { kind: 'set', scope: { role: 'coder' }, rules });
  const after = readFileSync(file, 'utf8');
  expect(after).toContain('# never, says the owner');
  expect(after).toContain('# ask me');
  expect(loadPolicy(file).roles['coder']).toEqual(rules);
});

it('no edit loses what was said outside of the rules that go', () => {
  const names = ['allow', 'confirm', 'deny', 'auto_allow', 'require_confirm'] as const;
  const list = fc.record({
    patterns: fc.uniqueArray(fc.constantFrom('Read', 'Grep', 'Bash(a)', 'Bash(b)'), { maxLength: 3 }),
    isSaidBefore: fc.boolean(),
    isSaidOfRules: fc.boolean(),
    isSaidBehind: fc.boolean(),
    isFlow: fc.boolean(),
  });
  const patterns = fc.uniqueArray(fc.constantFrom('Read', 'Grep', 'Bash(a)', 'Bash(c)'), { maxLength: 3 });
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.tuple(fc.constantFrom(...names), list), { maxLength: 3, selector: ([name]) => name }),
      fc.record({ allow: patterns, confirm: patterns, deny: patterns }),
      (lists, rules) => {
        const kept: string[] = [];
        const say = (what: string): string => {
          kept.push(`# ${what}`);
          return `# ${what}`;
        };
        const lines = lists.flatMap(([name, { patterns: own, ...said }]) => {
          const before = said.isSaidBefore ? [`    ${say(`before ${name}`)}`] : [];
          if (said.isFlow || own.length === 0) {
            const behind = said.isSaidBehind ? ` ${say(`beside ${name}`)}` : '';
            return [...before, `    ${name}: [${own.join(', ')}]${behind}`];
          }
          const newer = name === 'auto_allow' ? 'allow' : name === 'require_confirm' ? 'confirm' : name;
          const isTwice = lists.filter(([other]) => [newer, name].includes(other)).length > 1;
          const items = own.flatMap((pattern) => {
            if (!said.isSaidOfRules) return [`      - ${pattern}`];
            const words = `of ${pattern} in ${name}`;
            const stays = rules[newer].some((one) => one === pattern) && !isTwice;
            return [`      ${stays ? say(words) : `# ${words}`}`, `      - ${pattern}`];
          });
          const behind = said.isSaidBehind ? [`      ${say(`behind ${name}`)}`] : [];
          return [...before, `    ${name}:`, ...items, ...behind];
        });
        writeFileSync(
          file,
          ['# first', 'roles:', '  coder:', ...(lines.length === 0 ? ['    {}'] : lines), '# last', ''].join(
            '\n',
          ),
        );
        editPolicy(file, { kind: 'set', scope: { role: 'coder' }, rules });
        const after = readFileSync(file, 'utf8');
        for (const words of ['# first', '# last', ...kept]) expect(after).toContain(words);
        for (const name of ['allow', 'confirm', 'deny'] as const)
          expect(loadPolicy(file).roles['coder']?.[name].toSorted()).toEqual(rules[name].toSorted());
      },
    ),
    { numRuns: 300 },
  );
});

it('adds nothing twice', () => {
  writeFileSync(file, COMMENTED);
  editPolicy(file, add('Edit(./**)'));
  expect(readFileSync(file, 'utf8')).toBe(COMMENTED);
});

it('sets the rules of a role: what stays keeps its comment, what is not named any more goes', () => {
  writeFileSync(file, COMMENTED);
  const rules = { allow: ['Bash(ls*)', 'Edit(./**)'], confirm: ['Bash(git push*)'], deny: [] };
  editPolicy(file, { kind: 'set', scope: { role: 'coder' }, rules });
  const after = readFileSync(file, 'utf8');
  expect(after).toContain('# decided on Monday');
  expect(after).toContain('- Edit(./**) # its own folder');
  expect(after).toContain('# reading is free');
  const coder = loadPolicy(file).roles['coder'];
  expect(coder?.allow.toSorted()).toEqual(rules.allow);
  expect(coder).toMatchObject({ confirm: rules.confirm, deny: [] });
});

it('writes the lists under their newer names', () => {
  writeFileSync(file, 'roles:\n  coder:\n    auto_allow: [Read]\n    require_confirm: [Bash]\n');
  const rules = { allow: ['Grep'], confirm: [], deny: [] };
  editPolicy(file, { kind: 'set', scope: { role: 'coder' }, rules });
  expect(loadPolicy(file).roles['coder']).toEqual(rules);
  expect(readFileSync(file, 'utf8')).not.toContain('auto_allow');
});

it.each(['', '# nothing yet\n', 'roles:\nslots:\n', 'roles: {coder: }\n'])(
  'begins a scope in %j',
  (source) => {
    writeFileSync(file, source);
    editPolicy(file, add('Read', { scope: { slotId: 'coder-1' }, to: 'deny' }));
    editPolicy(file, add('Grep'));
    expect(loadPolicy(file)).toMatchObject({
      slots: { 'coder-1': { deny: ['Read'] } },
      roles: { coder: { allow: ['Grep'] } },
    });
  },
);

it('writes where there is no file, for its owner alone', () => {
  editPolicy(file, add('Grep'));
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(loadPolicy(file).roles['coder']?.allow).toEqual(['Grep']);
});

it('changes nothing of a file that it cannot read, nor writes what cannot be read back', () => {
  writeFileSync(file, 'roles: [');
  expect(() => editPolicy(file, add('Grep'))).toThrow(
    expect.objectContaining({ code: 'permissions_invalid' }),
  );
  expect(readFileSync(file, 'utf8')).toBe('roles: [');
  writeFileSync(file, COMMENTED);
  expect(() => editPolicy(file, add('no pattern at all'))).toThrow(
    expect.objectContaining({ code: 'permissions_invalid' }),
  );
  expect(readFileSync(file, 'utf8')).toBe(COMMENTED);
});

it('writes through a link, which stays one', () => {
  const kept = path.join(folder, 'dotfiles.yaml');
  writeFileSync(kept, COMMENTED);
  symlinkSync(kept, file);
  editPolicy(file, add('Grep'));
  expect(lstatSync(file).isSymbolicLink()).toBe(true);
  expect(readFileSync(kept, 'utf8')).toContain('Grep');
});

it.each([
  ['a key that is a number', 'roles:\n  1: {deny: [Read]}\n', { scope: { role: '1' } }],
  [
    'a list that stands elsewhere',
    'default: {deny: &a [Read]}\nroles: {coder: {deny: *a}}\n',
    { to: 'deny' },
  ],
] as const)('changes nothing where rules would be lost: %s', (_, source, more) => {
  writeFileSync(file, source);
  expect(() => editPolicy(file, add('Grep', more))).toThrow(
    expect.objectContaining({ code: 'permissions_invalid' }),
  );
  expect(readFileSync(file, 'utf8')).toBe(source);
});

it('does not begin a new file where the one in force has gone', () => {
  writeFileSync(file, 'default: {deny: [Bash]}');
  const store = createPermissionStore(file);
  rmSync(file);
  expect(() => store.edit(add('Read'))).toThrow(expect.objectContaining({ code: 'permissions_invalid' }));
  expect(store.current().default.deny).toEqual(['Bash']);
  writeFileSync(file, 'default: {deny: [Bash]}');
  store.edit(add('Read'));
  expect(store.current()).toMatchObject({
    default: { deny: ['Bash'] },
    roles: { coder: { allow: ['Read'] } },
  });
});
