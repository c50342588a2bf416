import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { OpenDoors } from '../server/open-doors.ts';
import { type AttackedDoors, bearer, JSON_TYPE, openAttackedDoors } from './attacked-doors.ts';

let attacked: AttackedDoors;
let doors: OpenDoors;
/** Where Claude Code in the slot keeps its transcripts. */
let projects: string;
let sessionId: string;

beforeAll(async () => {
  attacked = await openAttackedDoors();
  ({ doors } = attacked);
  projects = path.join(path.dirname(doors.home), '.claude', 'projects');
  mkdirSync(path.join(projects, '-w'), { recursive: true });
  const { slots } = await doors.client.ptyStatus({ slotId: 'coder-1' });
  sessionId = slots[0]?.sessionId ?? '';
});
afterAll(() => attacked.closeUntouched());

/** A hook with the token of the slot, as its own agent could send it. */
async function hook(transcript_path: string, more: object) {
  const { hookUrl, token } = doors.doorOf('coder-1');
  const { body } = await doors.tcp({
    path: new URL(hookUrl).pathname,
    method: 'POST',
    headers: { ...bearer(token), ...JSON_TYPE },
    body: JSON.stringify({ session_id: sessionId, cwd: '/', transcript_path, ...more }),
  });
  return body;
}
const READ = { hook_event_name: 'PreToolUse', tool_name: 'Read', tool_input: { file_path: '/tmp/x' } };
const takenFile = async () => (await doors.client.ptyLogs({ slotId: 'coder-1' })).transcriptFile;
const refusals = async () =>
  (await doors.client.auditTrace({ slotId: 'coder-1', decision: 'deny' })).entries.filter(
    ({ tool }) => tool === 'transcript_path',
  );

test.each<[string, () => string]>([
  ['that is no transcript', () => '/etc/passwd'],
  ['elsewhere', () => '/tmp/session.jsonl'],
  ["of somebody else's Claude Code", () => '/root/.claude/projects/-w/a.jsonl'],
  ['beside the folder', () => `${projects}-evil/a.jsonl`],
  ['above it', () => path.join(projects, '..', 'a.jsonl')],
  ['that goes up by name', () => `${projects}/-w/../../../a.jsonl`],
  ['that goes up and comes back', () => `${projects}/../projects/-w/a.jsonl`],
  ['named from the folder', () => '.claude/projects/-w/a.jsonl'],
  ['named from a home', () => '~/.claude/projects/-w/a.jsonl'],
  ['of another kind', () => `${projects}/-w/a.json`],
  ['that is the folder', () => projects],
  ['with a NUL', () => `${projects}/-w/a\u0000.jsonl`],
  ['longer than the kernel takes', () => `${projects}/${'x'.repeat(5_000)}.jsonl`],
  ['that looks alike', () => `${projects.replace('projects', 'projеcts')}/-w/a.jsonl`],
  [
    'that is a link to a file elsewhere',
    () => {
      const secret = path.join(projects, '..', 'secret.jsonl');
      writeFileSync(secret, 'a secret\n');
      symlinkSync(secret, path.join(projects, '-w', 'link.jsonl'));
      return path.join(projects, '-w', 'link.jsonl');
    },
  ],
  [
    'that is a link to a file that somebody else will write',
    () => {
      symlinkSync('/tmp/not-there-yet.jsonl', path.join(projects, '-w', 'later.jsonl'));
      return path.join(projects, '-w', 'later.jsonl');
    },
  ],
  [
    'below a folder that is a link',
    () => {
      symlinkSync('/var', path.join(projects, 'linked'));
      return path.join(projects, 'linked', 'a.jsonl');
    },
  ],
  [
    'that is a pipe, which never ends',
    () => {
      execFileSync('mkfifo', [path.join(projects, '-w', 'pipe.jsonl')]);
      return path.join(projects, '-w', 'pipe.jsonl');
    },
  ],
  [
    'that is a folder',
    () => {
      mkdirSync(path.join(projects, 'folder.jsonl'));
      return path.join(projects, 'folder.jsonl');
    },
  ],
])(
  'a hook that names a transcript %s allows nothing, moves nothing, and is in the audit',
  async (_, name) => {
    const file = name();
    const before = await takenFile();
    const count = (await refusals()).length;
    expect(await hook(file, READ)).toContain('"deny"');
    expect(await hook(file, { hook_event_name: 'Stop', last_assistant_message: 'forged' })).toBe('{}');
    expect(await takenFile()).toBe(before);
    const now = await refusals();
    expect(now.length).toBe(count + 2);
    expect(now[0]).toMatchObject({
      argument: file,
      decision: 'deny',
      rule: 'not a transcript of Claude Code',
    });
  },
);

test('the transcript of the session itself is taken, also where a link leads to the folder', async () => {
  const own = path.join(projects, '-w', `${sessionId}.jsonl`);
  expect(await hook(own, READ)).toContain('"allow"');
  expect(await takenFile()).toBe(own);
  const home = path.join(path.dirname(doors.home), 'agents-link.claude');
  symlinkSync(path.dirname(projects), home);
  const linked = path.join(home, 'projects', '-w', `${sessionId}.jsonl`);
  expect(await hook(linked, READ)).toContain('"allow"');
  expect(await takenFile()).toBe(linked);
});
