import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { transcriptsOf } from '../../services/claude/transcript-usage.ts';
import { createWorktrees } from '../../services/worktrees/create-worktrees.ts';
import { failureOf, type OpenDoors } from '../server/open-doors.ts';
import { createRealRepository } from '../services/worktrees/real-repository.ts';
import { type AttackedDoors, bearer, JSON_TYPE, openAttackedDoors } from './attacked-doors.ts';

const SECRET = 'a secret of the person\n';
/** Names that are options, ways up, commands or no names at all. */
const HOSTILE: readonly string[] = [
  '--upload-pack=touch evil',
  '--output=evil',
  '-D',
  '--',
  '-',
  '../../evil',
  'a/../../evil',
  '/etc/passwd',
  '/dev/zero',
  'refs/../../evil',
  '@{-1}',
  'a b',
  'a\nb',
  'a\u0000b',
  'a\u202eb\u0007',
  '$(touch evil)',
  '`touch evil`',
  ';touch evil',
  '.lock',
  'evil.lock',
  'HEAD:readme.md',
  ':/evil',
  'x'.repeat(5_000),
  '',
];

const shown = (name: string) => [name.slice(0, 40), name] as const;

describe('at the doors', () => {
  let attacked: AttackedDoors;
  let doors: OpenDoors;
  let outside: string;
  beforeAll(async () => {
    attacked = await openAttackedDoors();
    ({ doors } = attacked);
    outside = mkdtempSync(path.join(os.tmpdir(), 'missiond-outside-'));
  });
  afterAll(async () => {
    await attacked.closeUntouched();
    rmSync(outside, { recursive: true });
  });

  const post = (name: string, token: string, input: object) =>
    doors.tcp({
      path: `/api/tools/${name}`,
      method: 'POST',
      headers: { ...bearer(token), ...JSON_TYPE },
      body: JSON.stringify(input),
    });

  test.each(
    [
      ...HOSTILE,
      '--dangerously-skip-permissions',
      '{"mcpServers":{"evil":{"command":"touch"}}}',
      'mcp.json',
      '~/mcp.json',
      '/tmp',
      '/nowhere/mcp.json',
    ].map(shown),
  )('%j is no configuration of MCP', async (_, mcpConfigPath) => {
    const input = { slotId: 'researcher-1', mcpConfigPath };
    const reply = await post('mission_pty_spawn', doors.token, input);
    // /etc/passwd is a file, which its owner may name; Claude Code will not understand it.
    if (mcpConfigPath === '/etc/passwd') return void (await doors.client.kill({ slotId: 'researcher-1' }));
    expect([reply.status, failureOf(reply).code]).toEqual([400, 'input_invalid']);
    // Whether there is such a file is told to nobody else.
    const other = await post('mission_pty_spawn', attacked.orchestrator, input);
    expect([other.status, failureOf(other).code]).toEqual([403, 'not_permitted']);
  });

  /** A tool call of coder-2 is judged, which its log tells. */
  async function writesToLog(): Promise<void> {
    const { hookUrl, token } = doors.doorOf('coder-2');
    const { slots } = await doors.client.ptyStatus({ slotId: 'coder-2' });
    const session_id = slots[0]?.sessionId ?? '';
    const { body } = await doors.tcp({
      path: new URL(hookUrl).pathname,
      method: 'POST',
      headers: { ...bearer(token), ...JSON_TYPE },
      body: JSON.stringify({
        hook_event_name: 'PreToolUse',
        session_id,
        cwd: '/',
        transcript_path: path.join(
          path.dirname(doors.home),
          '.claude',
          'projects',
          '-w',
          `${session_id}.jsonl`,
        ),
        tool_name: 'Read',
        tool_input: { file_path: '/tmp/x' },
      }),
    });
    expect(body).toContain('"allow"');
  }

  test('a link in the place of a log is neither read nor written', async () => {
    const log = path.join(doors.home, 'logs', 'slot-coder-2.log');
    const secret = path.join(outside, 'secret');
    writeFileSync(secret, SECRET);
    await writesToLog();
    expect((await doors.client.ptyLogs({ slotId: 'coder-2' })).lines).not.toEqual([]);
    rmSync(log);
    symlinkSync(secret, log);
    await writesToLog();
    expect((await doors.client.ptyLogs({ slotId: 'coder-2' })).lines).toEqual([]);
    expect(readFileSync(secret, 'utf8')).toBe(SECRET);
    rmSync(log);
  });

  test('a pipe in the place of a log holds nobody up', async () => {
    const log = path.join(doors.home, 'logs', 'slot-coder-2.log');
    execFileSync('mkfifo', [log]);
    await writesToLog();
    expect((await doors.client.ptyLogs({ slotId: 'coder-2' })).lines).toEqual([]);
    rmSync(log);
  });

  test('of a log that has grown for years its end is read', async () => {
    const log = path.join(doors.home, 'logs', 'slot-researcher-1.log');
    writeFileSync(log, `${'{"old":true}\n'.repeat(1_000_000)}{"last":"é"}\n`);
    const { lines } = await doors.client.ptyLogs({ slotId: 'researcher-1', lines: 5_000 });
    expect([lines.length, lines.at(0), lines.at(-1)]).toEqual([5_000, '{"old":true}', '{"last":"é"}']);
    rmSync(log);
  });
});

describe('in a repository', () => {
  const signal = AbortSignal.timeout(120_000);
  let person: ReturnType<typeof createRealRepository>;
  let worktrees: ReturnType<typeof createWorktrees>;
  let root: string;
  beforeEach(() => {
    person = createRealRepository();
    root = path.join(person.directory, 'worktrees');
    worktrees = createWorktrees({ root, env: person.env });
  });
  afterEach(() => person.close());
  const make = (more: object) =>
    worktrees.make(
      { cwd: person.folder, name: 'one', usualBranch: 'work/one', planned() {}, ...more },
      signal,
    );

  test.each(HOSTILE.map(shown))('%j is neither a branch nor a base', async (_, name) => {
    const before = { own: person.own(), files: readdirSync(person.directory) };
    for (const wish of [{ branch: name }, { base: name }]) {
      const refused = { code: expect.stringMatching(/^worktree_(?:refused|failed)$/) };
      await expect(worktrees.check(person.folder, wish, signal)).rejects.toMatchObject(refused);
      await expect(make(wish)).rejects.toMatchObject(refused);
    }
    expect({ own: person.own(), files: readdirSync(person.directory) }).toEqual(before);
  });

  test.each([
    ['to a folder elsewhere', () => path.join(person.directory, 'elsewhere')],
    ['up', () => '../../../elsewhere'],
    ['to the working tree of the person', () => person.folder],
  ])('a folder that a commit makes a link %s is no place to work', async (_, target) => {
    mkdirSync(path.join(person.directory, 'elsewhere'));
    person.git(['switch', '--quiet', '--create', 'evil']);
    rmSync(path.join(person.folder, 'app'), { recursive: true });
    symlinkSync(target(), path.join(person.folder, 'app'));
    person.git(['add', '--all']);
    person.git(['commit', '--quiet', '-m', 'a link']);
    person.git(['switch', '--quiet', 'trunk']);
    await expect(make({ cwd: path.join(person.folder, 'app'), base: 'evil' })).rejects.toMatchObject({
      code: 'worktree_refused',
      message: expect.stringContaining('out of its worktree'),
    });
    expect(readdirSync(path.join(person.directory, 'elsewhere'))).toEqual([]);
  });

  test('nor one that an agent has made a link before the task is tried again', async () => {
    const made = await make({ cwd: path.join(person.folder, 'app') });
    await worktrees.again(made, false, signal);
    rmSync(made.folder, { recursive: true });
    symlinkSync(person.folder, made.folder);
    await expect(worktrees.again(made, false, signal)).rejects.toMatchObject({ code: 'worktree_refused' });
    rmSync(made.folder);
    mkdirSync(made.folder);
    await worktrees.again(made, false, signal);
    expect(existsSync(path.join(person.folder, 'readme.md'))).toBe(true);
  });
});

test('transcripts of sub-agents are not looked for behind a link, where a whole disk may lie', async () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'missiond-transcripts-'));
  const transcript = path.join(folder, 'project', 'session.jsonl');
  const behind = path.join(folder, 'behind', 'subagents');
  mkdirSync(behind, { recursive: true });
  writeFileSync(path.join(behind, 'agent-1.jsonl'), '{}\n');
  mkdirSync(path.dirname(transcript));
  const own = path.join(folder, 'project', 'session');
  symlinkSync(path.dirname(behind), own);
  expect(await transcriptsOf(transcript)).toEqual([transcript]);
  rmSync(own);
  mkdirSync(own);
  symlinkSync(behind, path.join(own, 'subagents'));
  expect(await transcriptsOf(transcript)).toEqual([transcript]);
  rmSync(path.join(own, 'subagents'));
  mkdirSync(path.join(own, 'subagents'));
  writeFileSync(path.join(own, 'subagents', 'agent-1.jsonl'), '{}\n');
  symlinkSync(path.join(behind, 'agent-1.jsonl'), path.join(own, 'subagents', 'agent-2.jsonl'));
  expect(await transcriptsOf(transcript)).toEqual([transcript, path.join(own, 'subagents', 'agent-1.jsonl')]);
  rmSync(folder, { recursive: true });
});
