import { mkdirSync, mkdtempSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { searchSkills } from '../../../services/skills/search-skills.ts';
import { createSkillLibrary, type SkillLibrary } from '../../../services/skills/skill-library.ts';

let root: string;
let library: SkillLibrary;
const write = (name: string, text: string | Buffer): void => {
  const file = path.join(root, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
};
const topics = () => library.read().skills.map(({ source, topic }) => `${source}:${topic}`);
const problems = () =>
  library.read().problems.map(({ file, message }) => `${path.relative(root, file)}: ${message}`);

beforeEach(() => {
  root = mkdtempSync(path.join(os.tmpdir(), 'missiond-skills-'));
  library = createSkillLibrary({
    configDirectory: path.join(root, 'claude'),
    repositories: () => [{ name: 'shop', path: path.join(root, 'shop') }],
  });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

test('skills are found in the folder of the person and in repositories, one folder deeper and as single files', () => {
  expect(topics()).toEqual([]);
  write('claude/skills/deploy/SKILL.md', '# Deploy\n');
  write('claude/skills/deploy/notes/SKILL.md', '# Belongs to deploy\n');
  write('claude/skills/ops/backup/skill.md', '# Backup\n');
  write('claude/skills/ops/far/away/SKILL.md', '# Too deep\n');
  write('claude/skills/lint.md', '# Lint\n');
  write('claude/skills/.hidden/SKILL.md', '# Hidden\n');
  write('shop/.claude/skills/deploy/SKILL.md', '# Deploy the shop\n');
  expect(topics()).toEqual(['home:deploy', 'home:lint', 'home:ops/backup', 'shop:deploy']);
  expect(problems()).toEqual([]);
});

test('a file that has changed is read again, one that is gone is gone', () => {
  write('claude/skills/deploy/SKILL.md', '---\nname: deploy\naka: [ship, release]\n---\n# One\n');
  expect(library.read().skills[0]?.head.aka).toEqual(['ship', 'release']);
  const before = library.read().skills[0];
  expect(library.read().skills[0]).toBe(before);
  write('claude/skills/deploy/SKILL.md', '---\nname: deploy\naka: rollout, release\n---\n# One\n');
  expect(library.read().skills[0]?.head.aka).toEqual(['rollout', 'release']);
  unlinkSync(path.join(root, 'claude/skills/deploy/SKILL.md'));
  expect(topics()).toEqual([]);
});

test('front matter that is wrong is told of with its place, and the text is found all the same', () => {
  write(
    'claude/skills/deploy/SKILL.md',
    '---\nname: deploy\ndescription: Use when: always\n---\n# Way to production\n',
  );
  const { skills, problems: told } = library.read();
  expect(told).toEqual([
    {
      file: path.join(root, 'claude/skills/deploy/SKILL.md'),
      message: expect.stringMatching(/^SKILL\.md:3:\d+: /),
    },
  ]);
  expect(searchSkills(skills, 'production').map(({ skill, section }) => [skill.topic, section])).toEqual([
    ['deploy', '# Way to production'],
  ]);
});

test('a link that leads out of the folder, and a large file, are told of and not read', () => {
  write('secret/SKILL.md', '# A secret of the person\n');
  write('claude/skills/good/SKILL.md', '# Good\n');
  write('claude/skills/large/SKILL.md', Buffer.alloc(513 * 1024, 'a'));
  mkdirSync(path.join(root, 'claude/skills/linked'));
  symlinkSync(path.join(root, 'secret'), path.join(root, 'claude/skills/folder'));
  symlinkSync(path.join(root, 'secret/SKILL.md'), path.join(root, 'claude/skills/linked/SKILL.md'));
  symlinkSync(path.join(root, 'claude/skills/good'), path.join(root, 'claude/skills/same'));
  mkdirSync(path.join(root, 'shop/.claude'), { recursive: true });
  symlinkSync(path.join(root, 'secret'), path.join(root, 'shop/.claude/skills'));
  expect(topics()).toEqual(['home:good', 'home:same']);
  expect(problems().toSorted()).toEqual([
    'claude/skills/folder: it is a link that leads out of the folder of skills',
    'claude/skills/large/SKILL.md: it is larger than 512 KB',
    'claude/skills/linked/SKILL.md: it is a link that leads out of the folder of skills',
    'shop/.claude/skills: it is a link that leads out of the folder of skills',
  ]);
  expect(JSON.stringify(library.read())).not.toContain('A secret of');
});

test('a name or alias comes before what is said within, which all of the words have to be in', () => {
  write(
    'claude/skills/deploy/SKILL.md',
    '---\naka: [ship]\n---\n# Deploy\nUse the blue gate.\n## Ports\nThe gate is 443, ŞHIP it.\n',
  );
  write('claude/skills/gate/SKILL.md', '---\ndescription: how gates are opened\n---\n# Gates\nA blue one.\n');
  const found = (query: string) =>
    searchSkills(library.read().skills, query).map(({ skill, by, section }) => [skill.topic, by, section]);
  expect(found('SHIP')[0]).toEqual(['deploy', 'name/aka', null]);
  expect(found('blue gate')).toEqual([
    ['gate', 'name/aka', null],
    // Its heading says one of the words.
    ['gate', 'content', '# Gates'],
    ['deploy', 'content', '# Deploy'],
  ]);
  expect(found('gate 443')).toContainEqual(['deploy', 'content', '## Ports']);
  const [hit] = searchSkills(library.read().skills, '443');
  expect(hit?.snippet).toContain('The gate is >>>443<<<, ŞHIP it.');
  expect(found('"')).toEqual([]);
  expect(found('nowhere')).toEqual([]);
});

test('what looks like a secret is neither shown nor found', () => {
  write(
    'claude/skills/db/SKILL.md',
    '---\ndescription: password hunter22\n---\n# Database\nroot password: Tr0ub4dor\n',
  );
  const { skills } = library.read();
  expect(JSON.stringify(skills)).not.toMatch(/Tr0ub4dor|hunter22/);
  expect(skills[0]?.isWithheld).toBe(true);
  expect(searchSkills(skills, 'Tr0ub4dor')).toEqual([]);
  expect(searchSkills(skills, 'hunter22')).toEqual([]);
});
