import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCli } from './cli/run-cli.ts';
import { type OpenDoors, openDoors } from './open-doors.ts';

let doors: OpenDoors;
/** Of the person: the home of the test's daemon lies beside it. */
const fileOf = (name: string): string => path.join(doors.home, '..', '.claude', 'skills', name);
const write = (name: string, text: string): void => {
  mkdirSync(path.dirname(fileOf(name)), { recursive: true });
  writeFileSync(fileOf(name), text);
};

beforeAll(async () => {
  doors = await openDoors();
  write(
    'deploy/SKILL.md',
    '---\nname: deploy\ndescription: brings the shop into the world\naka: [ship]\n---\n# Deploy\n\n## Ports\n\nThe gate is 443.\n',
  );
  write('broken/SKILL.md', '---\nname: [\n---\n# Broken\n');
});
afterAll(async () => {
  expect(doors.errors()).toEqual([]);
  await doors.close();
});

test('skills are listed, with what is wrong with a file', async () => {
  const { skills, problems } = await doors.client.skillList({});
  expect(skills.map(({ topic }) => topic)).toEqual(['broken', 'deploy']);
  expect(skills[1]).toEqual({
    name: 'deploy',
    topic: 'deploy',
    source: 'home',
    description: 'brings the shop into the world',
    aka: ['ship'],
    path: fileOf('deploy/SKILL.md'),
  });
  expect(problems).toEqual([
    { file: fileOf('broken/SKILL.md'), message: expect.stringMatching(/^SKILL\.md:\d+:\d+: /) },
  ]);
});

test('one is found by its alias, and by its words with what stands around', async () => {
  const { results } = await doors.client.skillSearch({ query: 'ship' });
  expect(results.map(({ topic, match_type }) => [topic, match_type])).toEqual([['deploy', 'name/aka']]);
  const within = await doors.client.skillSearch({ query: 'gate' });
  expect(within.results).toEqual([
    expect.objectContaining({
      topic: 'deploy',
      match_type: 'content',
      matched_section: '## Ports',
      snippet: '## Ports The >>>gate<<< is 443.',
    }),
  ]);
});

test('topics say what a skill is made of', async () => {
  const { topics } = await doors.client.skillTopics({});
  expect(topics.find(({ topic }) => topic === 'deploy')).toMatchObject({
    sections: ['# Deploy', '## Ports'],
    totalLines: 10,
    checksum: expect.stringMatching(/^[0-9a-f]{64}$/),
    withheld: false,
  });
});

test('and by the command line', async () => {
  const cli = (...argv: string[]) => runCli(['skills', ...argv, '--home', doors.home]);
  const listed = await cli();
  expect(listed.out).toMatch(/deploy\s+home\s+ship\s+brings the shop/);
  expect(listed.err).toContain('broken/SKILL.md: SKILL.md:');
  expect((await cli('search', 'the', 'gate')).out).toMatch(/deploy\s+home\s+## Ports/);
  expect((await cli('topics')).out).toMatch(/deploy\s+home\s+10\s+2/);
  expect((await cli('search', 'nowhere')).status).toBe(1);
  expect((await cli('search')).status).toBe(2);
});
