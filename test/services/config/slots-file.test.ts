// biome-ignore-all lint/suspicious/noTemplateCurlyInString: shell texts and the placeholders of slots.yaml

import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { writeDefaultSlots } from '../../../services/config/default-slots.ts';
import { loadSlots, type SlotsFile } from '../../../services/config/slots-file.ts';

let folder: string;
let file: string;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'missiond-slots-'));
  file = path.join(folder, 'slots.yaml');
  mkdirSync(path.join(folder, 'project'));
  vi.stubEnv('HOME', folder);
});
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

function load(yaml: string): SlotsFile {
  writeFileSync(file, yaml);
  return loadSlots(file);
}

function problemsOf(yaml: string): readonly string[] {
  try {
    load(yaml);
  } catch (error) {
    expect(error).toMatchObject({ code: 'config_invalid' });
    return error instanceof Error ? error.message.replaceAll(`${folder}/`, '').split('\n') : [];
  }
  return [];
}

it('reads what the README of missiond has, and fills in the rest', () => {
  const { slots, secretCommand } = load(
    [
      'secretCommand: [pass, show]',
      'slots:',
      '  - id: coder-1',
      '    role: coder',
      '    description: Writes code',
      '    cwd: ~/project',
      '    mcpConfig: ~/mcp.json',
      '    autoStart: true',
      '    dangerouslySkipPermissions: false',
      '    traits: [is_meta_agent]',
      '    env: {TOKEN: "${env:TOKEN}"}',
      '    command: ~/bin/claude',
      '  - {id: reader, role: reader, command: claude, model: opus, permissionMode: plan, trustCwd: true}',
    ].join('\n'),
  );
  expect(secretCommand).toEqual(['pass', 'show']);
  expect(slots[0]).toEqual({
    id: 'coder-1',
    role: 'coder',
    description: 'Writes code',
    cwd: path.join(folder, 'project'),
    mcp: false,
    mcpConfig: path.join(folder, 'mcp.json'),
    autoStart: true,
    dangerouslySkipPermissions: false,
    traits: ['is_meta_agent'],
    env: { TOKEN: '${env:TOKEN}' },
    command: path.join(folder, 'bin/claude'),
    args: [],
    trustCwd: false,
    stuck: { afterMinutes: 10, toolMinutes: 30, stepMinutes: 2, recoverMinutes: 60 },
    context: { handOverBelowPercent: 10, by: 'handOver' },
    confirmWithinMinutes: 60,
  });
  expect(slots[1]).toMatchObject({
    cwd: process.cwd(),
    description: '',
    env: {},
    command: 'claude',
    model: 'opus',
  });
});

it('says for all slots and for one when a session counts as stuck', () => {
  const { slots } = load(
    'stuck: { afterMinutes: 5, toolMinutes: 60 }\nslots:\n  - { id: a, role: r }\n  - { id: b, role: r, stuck: { toolMinutes: 90 } }\n',
  );
  expect(slots.map(({ stuck }) => stuck)).toEqual([
    { afterMinutes: 5, toolMinutes: 60, stepMinutes: 2, recoverMinutes: 60 },
    { afterMinutes: 5, toolMinutes: 90, stepMinutes: 2, recoverMinutes: 60 },
  ]);
});

it('says for all slots and for one what is done when the context is used up', () => {
  const { slots } = load(
    'context: { handOverBelowPercent: 20 }\nslots:\n  - { id: a, role: r }\n  - { id: b, role: r, context: { by: compact } }\n',
  );
  expect(slots.map(({ context }) => context)).toEqual([
    { handOverBelowPercent: 20, by: 'handOver' },
    { handOverBelowPercent: 20, by: 'compact' },
  ]);
});

it('may have no slots yet', () => {
  expect(load('').slots).toEqual([]);
  expect(load('slots:\n  # - id: later\n').slots).toEqual([]);
});

describe('names every problem with its line and column', () => {
  it('all at once', () => {
    expect(
      problemsOf(
        [
          'slots:',
          '  - id: a b',
          '    role: coder',
          '  - role: coder',
          '    autostart: true',
          '  - id: c',
          '    role: coder',
          '    cwd: ./nowhere-to-be-found',
          '    env:',
          '      PORT: 80',
          'sloths: []',
        ].join('\n'),
      ),
    ).toEqual([
      expect.stringMatching(/^slots\.yaml:2:9: slots\.0\.id: a slot id starts with/),
      expect.stringMatching(/^slots\.yaml:4:5: slots\.1\.id: is missing$/),
      expect.stringMatching(
        /^slots\.yaml:5:5: slots\.1: unknown key "autostart"\. Did you mean "autoStart"\?$/,
      ),
      expect.stringMatching(
        /^slots\.yaml:8:10: slots\.2\.cwd: the folder .*nowhere-to-be-found does not exist$/,
      ),
      expect.stringMatching(
        /^slots\.yaml:10:13: slots\.2\.env\.PORT: a value must be text: write "80" in quotes$/,
      ),
      expect.stringMatching(/^slots\.yaml:11:1: unknown key "sloths"\. Did you mean "slots"\?$/),
    ]);
  });

  it.each([
    [
      'slots:\n  - {id: a, role: r}\n  - {id: a, role: r}',
      'slots.yaml:3:10: slots.1.id: the id "a" is used twice',
    ],
    ['slots: {a: 1}', 'slots.yaml:1:8: slots:'],
    ['slots:\n  - {id: 1, role: r}', 'slots.yaml:2:10: slots.0.id:'],
    ['slots:\n  - {id: a, role: r, traits: [so clever]}', 'slots.yaml:2:31: slots.0.traits.0:'],
    ['slots:\n\t- x', 'slots.yaml:2:'],
    ['slots: [', 'slots.yaml:1:'],
  ])('%j', (yaml, start) => {
    expect(problemsOf(yaml)[0]).toContain(start);
  });

  it('says so when there is no file', () => {
    expect(() => loadSlots(path.join(folder, 'none.yaml'))).toThrow(
      expect.objectContaining({ code: 'config_invalid', message: expect.stringContaining('none.yaml') }),
    );
  });
});

it('writes a first file that works, once, for its owner alone', () => {
  const fresh = path.join(folder, 'fresh.yaml');
  expect(writeDefaultSlots(fresh)).toBe(true);
  expect(statSync(fresh).mode & 0o777).toBe(0o600);
  expect(loadSlots(fresh).slots.map(({ id }) => id)).toEqual(['coder-1', 'researcher-1']);
  writeFileSync(fresh, 'slots: []');
  expect(writeDefaultSlots(fresh)).toBe(false);
  expect(loadSlots(fresh).slots).toEqual([]);
});

it.each([
  [
    'an alias of nothing',
    'slots:\n  - { id: a, role: b, env: *nobody }\n',
    /^slots.yaml:2:28: Unresolved alias .*nobody/,
  ],
  [
    'aliases that stand for a million values',
    `a: &a [${'x,'.repeat(100)}]\nb: &b [${'*a,'.repeat(100)}]\nslots: [${'*b,'.repeat(100)}]\n`,
    /^slots.yaml:3:\d+: Excessive alias count/,
  ],
])('%s is a problem like others, with its place', (_, yaml, said) => {
  expect(problemsOf(yaml)[0]).toMatch(said);
});
