import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createRealRepository } from '../services/worktrees/real-repository.ts';
import { runCli } from './cli/run-cli.ts';
import { type OpenDoors, openDoors } from './open-doors.ts';

let doors: OpenDoors;
let tools: ReturnType<typeof createRealRepository>;
let bin: string;
beforeAll(async () => {
  tools = createRealRepository();
  bin = path.join(tools.directory, 'bin');
  mkdirSync(bin);
  doors = await openDoors({ path: `${bin}:${process.env['PATH']}`, protects: true });
});
afterAll(async () => {
  await doors.close();
  tools.close();
});

let person: ReturnType<typeof createRealRepository>;
beforeEach(() => {
  person = createRealRepository();
});
afterEach(async () => {
  await doors.client.repoRemove({ repository: 'project' });
  rmSync(path.join(bin, 'gh'), { force: true });
  person.close();
});

const cli = (...argv: readonly string[]) => runCli([...argv, '--home', doors.home]);
const merge = (...argv: readonly string[]) => cli('merge', '--repo', 'project', ...argv);
const commitOf = (ref: string, cwd?: string) => person.git(['rev-parse', ref], cwd);

/** The repository as the team knows it, with `trunk` elsewhere than in the person's folder. */
async function added({ check = 'test -f app/main.txt', branch = 'trunk' } = {}): Promise<void> {
  if (branch !== 'trunk') person.git(['branch', '-m', 'trunk', branch]);
  person.git(['switch', '--quiet', '-c', 'elsewhere']);
  await doors.client.repoAdd({ source: person.folder, name: 'project' });
  await doors.client.repoConfig({ repository: 'project', defaultBranch: branch, set: { check } });
}

/** A branch with one commit that writes a file; the folder goes back to where it was. */
function work(branch: string, file: string, text = `${branch}\n`, message = `Write ${file}`): string {
  person.git(['switch', '--quiet', '-c', branch, 'trunk']);
  person.write(file, text);
  person.git(['add', '.']);
  person.git(['commit', '--quiet', '-m', message]);
  person.git(['switch', '--quiet', 'elsewhere']);
  return commitOf(`refs/heads/${branch}`);
}

async function approve(commit: string): Promise<void> {
  const { status, err } = await cli('review', '--repo', 'project', commit, 'approve', 'Good.');
  expect({ status, err }).toEqual({ status: 0, err: '' });
}

function remote(): string {
  const bare = path.join(person.directory, 'remote.git');
  person.git(['init', '--quiet', '--bare', '--initial-branch', 'trunk', bare], person.directory);
  person.git(['remote', 'add', 'origin', bare]);
  person.git(['push', '--quiet', 'origin', 'trunk']);
  return bare;
}

/** What is left in the repository of what the gate has made. */
const left = () => [
  person.git(['for-each-ref', '--format=%(refname)', 'refs/missiond']),
  person
    .git(['worktree', 'list', '--porcelain'])
    .split('\n')
    .filter((line) => line.startsWith('worktree ')).length,
];

describe('without a forge', () => {
  test('a branch that is reviewed and passes its check is merged, as one commit with its words', async () => {
    await added();
    const head = work('work/red-fox', 'app/new.txt', 'x\n', 'Add a file\n\nBecause.');
    await approve(head);
    const before = commitOf('trunk');
    const { status, out, err } = await merge('work/red-fox');
    expect(err).toBe('');
    expect(out).toMatch(/^merged into trunk as /m);
    expect(status).toBe(0);
    expect(commitOf('trunk^')).toBe(before);
    expect(person.git(['show', '-s', '--format=%B', 'trunk']).split('\n')).toEqual([
      'Add a file',
      '',
      'Because.',
      '',
      'Missiond-Branch: work/red-fox',
      `Missiond-Head: ${head}`,
    ]);
    expect(person.git(['show', '-s', '--format=%an', 'trunk'])).toBe('Person');
    expect(person.git(['show', 'trunk:app/new.txt'])).toBe('x');
    expect(left()).toEqual(['', 1]);
  });

  test('a branch that is called as the hash of a commit begins is not approved in its place', async () => {
    await added();
    const hash = work('work/a', 'a.txt').slice(0, 10);
    work(hash, 'b.txt');
    const { status, err } = await cli('review', '--repo', 'project', hash, 'approve', 'Good.');
    expect({ status, err }).toMatchObject({ status: 2, err: expect.stringContaining('has no commit') });
    const { out } = await merge(hash);
    expect(out).toContain('nobody has approved');
  });

  test('one whose check fails is refused with what it printed, and nothing has moved', async () => {
    await added({ check: 'echo the tests say no; exit 3' });
    await approve(work('work/a', 'a.txt'));
    const before = person.git(['for-each-ref']);
    const { status, out } = await merge('work/a');
    expect(status).toBe(1);
    expect(out).toContain('✗ check: `echo the tests say no; exit 3`: it ended with status 3');
    expect(out).toContain('the tests say no\n');
    expect(person.git(['for-each-ref'])).toBe(before);
    const { merges } = await doors.client.mergeQueue({ repository: 'project' });
    expect(merges[0]).toMatchObject({ status: 'refused', subject: 'work/a', requestedBy: 'person' });
  });

  test('the check runs on what the merge comes to, not on the branch', async () => {
    await added({ check: 'test -f a.txt && test -f b.txt' });
    await approve(work('work/a', 'a.txt'));
    await approve(work('work/b', 'b.txt'));
    expect((await merge('work/a')).status).toBe(1);
    await doors.client.repoConfig({ repository: 'project', set: { check: 'test -f a.txt' } });
    expect((await merge('work/a')).status).toBe(0);
    await doors.client.repoConfig({
      repository: 'project',
      set: { check: 'test -f a.txt && test -f b.txt' },
    });
    expect((await merge('work/b')).status).toBe(0);
  });

  test('without a review, with one of an earlier commit, or against it: refused', async () => {
    await added();
    const first = work('work/a', 'a.txt');
    expect((await merge('work/a')).out).toContain('✗ review: nobody has approved');
    await approve(first);
    person.git(['switch', '--quiet', 'work/a']);
    person.git(['commit', '--quiet', '--allow-empty', '-m', 'Sneak']);
    person.git(['switch', '--quiet', 'elsewhere']);
    expect((await merge('work/a')).out).toContain('✗ review: nobody has approved');
    await approve('work/a');
    await cli('review', '--repo', 'project', 'work/a', 'request_changes', 'Not like that.');
    expect((await merge('work/a')).out).toContain('person asks for changes: Not like that.');
    await approve('work/a');
    expect((await merge('work/a')).status).toBe(0);
  });

  test.each(['.github/workflows/x.yml', 'docs/law.md', '.missiond/protected'])(
    'a change of %s waits for the word of a person',
    async (file) => {
      person.write('.missiond/protected', 'docs/law.md\n');
      person.git(['add', '.']);
      person.git(['commit', '--quiet', '-m', 'protect']);
      await added();
      await approve(work('work/ci', file, '# other\n'));
      const { status, out } = await merge('work/ci');
      expect(status).toBe(1);
      expect(out).toContain(`✗ protected files: a person has to agree to ${file}`);
      expect((await merge('work/ci', '--protected')).status).toBe(0);
    },
  );

  test('what is not committed in its worktree, contradicts the target or is no branch is refused', async () => {
    await added();
    await approve(work('work/a', 'app/main.txt', 'two\n'));
    const place = path.join(person.directory, 'tree');
    person.git(['worktree', 'add', '--quiet', place, 'work/a']);
    writeFileSync(path.join(place, 'loose.txt'), '');
    expect((await merge('work/a')).out).toContain('✗ worktree: not committed: loose.txt');
    rmSync(path.join(place, 'loose.txt'));
    await approve(work('work/b', 'app/main.txt', 'three\n'));
    expect((await merge('work/b')).status).toBe(0);
    expect((await merge('work/a')).out).toContain('✗ conflicts: it contradicts trunk in app/main.txt');
    for (const name of [
      'nobody',
      '--upload-pack=x',
      'a..b',
      'trunk',
      '$(touch pwned)',
      'HEAD',
      'refs/heads/work/a',
    ])
      expect(
        await runCli(['merge', '--repo', 'project', '--home', doors.home, '--', name]),
        name,
      ).toMatchObject({ status: 1 });
    expect(existsSync('pwned')).toBe(false);
  });

  test('where the target is checked out, its clean tree goes with it, and a changed one is left alone', async () => {
    await added();
    await approve(work('work/a', 'a.txt'));
    person.git(['switch', '--quiet', 'trunk']);
    person.write('app/main.txt', 'the person types\n');
    const refused = await merge('work/a');
    expect(refused.out).toContain(
      'with changes (app/main.txt); commit them or switch to another branch there',
    );
    expect(readFileSync(path.join(person.folder, 'app/main.txt'), 'utf8')).toBe('the person types\n');
    person.git(['restore', '.']);
    expect((await merge('work/a')).status).toBe(0);
    expect(readFileSync(path.join(person.folder, 'a.txt'), 'utf8')).toBe('work/a\n');
    expect(person.git(['status', '--porcelain'])).toBe('');
  });

  test('a branch that the person is bisecting is not moved, and their work there goes on', async () => {
    await added();
    await approve(work('work/a', 'a.txt'));
    person.git(['switch', '--quiet', 'trunk']);
    person.git(['bisect', 'start']);
    person.git(['switch', '--quiet', '--detach']);
    const before = commitOf('trunk');
    const { status, out } = await merge('work/a');
    expect({ status, out }).toMatchObject({
      status: 1,
      out: expect.stringContaining(`✗ working tree: a bisection of trunk is half done in ${person.folder};`),
    });
    expect(commitOf('trunk')).toBe(before);
    person.git(['bisect', 'reset']);
    person.git(['switch', '--quiet', 'elsewhere']);
    expect((await merge('work/a')).status).toBe(0);
  });

  test('a file of the person that git does not track is never overwritten', async () => {
    await added();
    await approve(work('work/a', 'a.txt'));
    person.git(['switch', '--quiet', 'trunk']);
    person.write('a.txt', 'mine\n');
    const before = commitOf('trunk');
    expect((await merge('work/a')).status).toBe(1);
    expect(readFileSync(path.join(person.folder, 'a.txt'), 'utf8')).toBe('mine\n');
    expect(commitOf('trunk')).toBe(before);
  });

  test('nor one that git ignores', async () => {
    person.write('.gitignore', 'notes.local\n');
    person.git(['add', '.']);
    person.git(['commit', '--quiet', '-m', 'ignore']);
    await added();
    person.git(['switch', '--quiet', '-c', 'work/a', 'trunk']);
    person.write('notes.local', 'theirs\n');
    person.git(['add', '--force', 'notes.local']);
    person.git(['commit', '--quiet', '-m', 'Write notes']);
    await approve(commitOf('work/a'));
    person.git(['switch', '--quiet', 'trunk']);
    person.write('notes.local', 'mine\n');
    const before = commitOf('trunk');
    expect((await merge('work/a')).out).toContain('would be overwritten');
    expect(readFileSync(path.join(person.folder, 'notes.local'), 'utf8')).toBe('mine\n');
    expect(commitOf('trunk')).toBe(before);
  });

  test('a worktree of the person whose disk is away is still one when it comes back', async () => {
    await added();
    const [place, away] = [path.join(person.directory, 'disk'), path.join(person.directory, 'away')];
    person.git(['worktree', 'add', '--quiet', '--detach', place, 'trunk']);
    renameSync(place, away);
    await approve(work('work/a', 'a.txt'));
    expect((await merge('work/a')).status).toBe(0);
    renameSync(away, place);
    expect(commitOf('HEAD', place)).toBe(commitOf('elsewhere'));
  });

  test('merge and fast-forward, into release/1.0', async () => {
    await added({ branch: 'release/1.0' });
    person.git(['branch', 'trunk', 'release/1.0']);
    const a = work('work/a', 'a.txt');
    await approve(a);
    expect((await merge('work/a', '--method', 'fast-forward')).status).toBe(0);
    expect(commitOf('release/1.0')).toBe(a);
    const b = work('work/b', 'b.txt');
    await approve(b);
    expect((await merge('work/b', '--method', 'fast-forward')).out).toContain('it cannot be fast-forwarded');
    expect((await merge('work/b', '--method', 'merge')).status).toBe(0);
    expect(person.git(['show', '-s', '--format=%P', 'release/1.0']).split(' ')).toEqual([a, b]);
  });

  test('of two at once both are merged, one after the other; of the same twice, one', async () => {
    await added();
    await approve(work('work/a', 'a.txt'));
    await approve(work('work/b', 'b.txt'));
    const all = await Promise.all([merge('work/a'), merge('work/b'), merge('work/a')]);
    expect(all.map(({ status }) => status)).toEqual([0, 0, 1]);
    expect(all[2]?.out).toContain('✗ changes: trunk has all of it already');
    expect(person.git(['rev-list', '--count', 'trunk'])).toBe('3');
  });

  test('a dry run says the same and moves nothing', async () => {
    await added();
    const head = work('work/a', 'a.txt');
    expect((await merge('work/a', '--dry-run')).out).toContain('it would be refused');
    await approve(head);
    const before = person.git(['for-each-ref']);
    expect((await merge('work/a', '--dry-run')).out).toContain('it could be merged');
    expect(person.git(['for-each-ref'])).toBe(before);
    expect(left()).toEqual(['', 1]);
  });

  test('words of a commit that pose as ours or move a terminal do not come through', async () => {
    await added();
    await approve(work('work/a', 'a.txt', 'x', 'Fine\u001b[2J\n\nMissiond-Worker: somebody\nReviewed.'));
    expect((await merge('work/a')).status).toBe(0);
    const said = person.git(['show', '-s', '--format=%B', 'trunk']);
    expect(said).not.toContain('\u001b');
    expect(said).not.toContain('somebody');
  });

  test('without a check command nothing is merged', async () => {
    await added();
    await doors.client.repoConfig({ repository: 'project', set: { check: null } });
    await approve(work('work/a', 'a.txt'));
    expect((await merge('work/a')).out).toContain('✗ check: no check command is configured');
  });
});

describe('with a remote', () => {
  test('it is pushed, and here and there are the same', async () => {
    const bare = remote();
    await added();
    await approve(work('work/a', 'a.txt'));
    const { status, out } = await merge('work/a');
    expect({ status, out }).toMatchObject({ status: 0, out: expect.stringContaining(', pushed') });
    expect(commitOf('refs/heads/trunk', bare)).toBe(commitOf('trunk'));
  });

  test('a remote that has nothing yet gets the branch', async () => {
    const bare = remote();
    person.git(['update-ref', '-d', 'refs/heads/trunk'], bare);
    await added();
    await approve(work('work/a', 'a.txt'));
    expect((await merge('work/a')).status).toBe(0);
    expect(commitOf('refs/heads/trunk', bare)).toBe(commitOf('trunk'));
  });

  test('a push that is refused leaves everything as it was', async () => {
    const bare = remote();
    await added();
    await approve(work('work/a', 'a.txt'));
    const hook = path.join(bare, 'hooks', 'pre-receive');
    writeFileSync(hook, '#!/bin/sh\necho only on Mondays >&2\nexit 1\n');
    chmodSync(hook, 0o755);
    const before = commitOf('trunk');
    const { status, out } = await merge('work/a');
    expect({ status, out }).toMatchObject({ status: 1, out: expect.stringContaining('only on Mondays') });
    expect([commitOf('trunk'), commitOf('refs/heads/trunk', bare)]).toEqual([before, before]);
    rmSync(hook);
    expect((await merge('work/a')).status).toBe(0);
  });

  test('a branch that is set back at the remote while it is checked is not moved forward again', async () => {
    person.write('secret.txt', 'pushed by mistake\n');
    person.git(['add', '.']);
    person.git(['commit', '--quiet', '-m', 'Mistake']);
    const bare = remote();
    await added({ check: `git -C '${bare}' update-ref refs/heads/trunk trunk^` });
    await approve(work('work/a', 'a.txt'));
    const { status, out } = await merge('work/a');
    expect({ status, out }).toMatchObject({ status: 1, out: expect.stringContaining('did not take it') });
    expect(commitOf('refs/heads/trunk', bare)).toBe(commitOf('trunk^'));
  });

  test('what others have pushed meanwhile is under it; a branch that they have moved is not merged', async () => {
    const bare = remote();
    await added();
    const other = path.join(person.directory, 'other');
    person.git(['clone', '--quiet', bare, other], person.directory);
    person.write('theirs.txt', '1\n', other);
    person.git(['add', '.'], other);
    person.git(['-c', 'user.name=o', '-c', 'user.email=o@o', 'commit', '--quiet', '-m', 'theirs'], other);
    person.git(['push', '--quiet', 'origin', 'trunk'], other);
    await approve(work('work/a', 'a.txt'));
    expect((await merge('work/a')).status).toBe(0);
    expect(commitOf('trunk^')).toBe(commitOf('trunk', other));

    const head = work('work/b', 'b.txt');
    await approve(head);
    person.git(['push', '--quiet', 'origin', 'elsewhere:work/b']);
    expect((await merge('work/b')).out).toContain('✗ pushed: origin has');
  });
});

describe('with a forge', () => {
  /** A gh that answers from files and notes how it was called. */
  function gh(facts: {
    readonly pull: object;
    readonly checks?: object;
    readonly unresolved?: number;
    /** It takes it into a queue of its own, and merges it when it is asked for it again. */
    readonly queues?: boolean;
  }): string {
    const state = path.join(person.directory, 'gh');
    mkdirSync(state, { recursive: true });
    writeFileSync(path.join(state, 'pull.json'), JSON.stringify(facts.pull));
    writeFileSync(
      path.join(state, 'checks.json'),
      JSON.stringify(facts.checks ?? [{ name: 'ci', bucket: 'pass' }]),
    );
    writeFileSync(path.join(state, 'unresolved'), String(facts.unresolved ?? 0));
    if (facts.queues === true) writeFileSync(path.join(state, 'queues'), '');
    writeFileSync(
      path.join(bin, 'gh'),
      `#!${process.execPath}
const fs = require('node:fs');
const { execFileSync } = require('node:child_process');
const state = ${JSON.stringify(state)};
const args = process.argv.slice(2);
fs.appendFileSync(state + '/calls', JSON.stringify(args) + '\\n');
const pull = JSON.parse(fs.readFileSync(state + '/pull.json', 'utf8'));
const verb = args[0] + ' ' + args[1];
if (verb === 'pr view') console.log(JSON.stringify(pull));
else if (verb === 'pr checks') {
  const checks = JSON.parse(fs.readFileSync(state + '/checks.json', 'utf8'));
  console.log(JSON.stringify(checks));
  process.exitCode = checks.every(({ bucket }) => bucket === 'pass') ? 0 : 8;
} else if (verb === 'api graphql') {
  const count = Number(fs.readFileSync(state + '/unresolved', 'utf8'));
  const nodes = Array.from({ length: count }, () => ({ isResolved: false }));
  console.log(JSON.stringify({ data: { repository: { pullRequest: { reviewThreads: { totalCount: count, nodes } } } } }));
} else if (verb === 'pr merge') {
  if (args[args.indexOf('--match-head-commit') + 1] !== pull.headRefOid) { console.error('head has changed'); process.exit(1); }
  if (fs.existsSync(state + '/queues')) { fs.rmSync(state + '/queues'); process.exit(0); }
  const git = (...more) => execFileSync('git', ['-C', ${JSON.stringify(path.join(person.directory, 'remote.git'))}, ...more], { encoding: 'utf8' }).trim();
  const made = git('-c', 'user.name=forge', '-c', 'user.email=f@f', 'commit-tree', git('rev-parse', pull.headRefOid + '^{tree}'), '-p', git('rev-parse', 'trunk'), '-m', 'Squashed by the forge');
  git('update-ref', 'refs/heads/trunk', made);
  fs.writeFileSync(state + '/pull.json', JSON.stringify({ ...pull, state: 'MERGED' }));
} else process.exit(4);
`,
    );
    chmodSync(path.join(bin, 'gh'), 0o755);
    return path.join(state, 'calls');
  }
  const pullOf = (head: string, more: object = {}) => ({
    state: 'OPEN',
    isDraft: false,
    headRefOid: head,
    headRefName: 'work/a',
    baseRefName: 'trunk',
    isCrossRepository: false,
    reviewDecision: 'APPROVED',
    ...more,
  });
  async function pulled(): Promise<{ readonly head: string; readonly bare: string }> {
    const bare = remote();
    await added();
    const head = work('work/a', 'a.txt');
    person.git(['push', '--quiet', 'origin', 'work/a:refs/pull/12/head']);
    return { head, bare };
  }

  test('a pull request that everything agrees to is merged there, and comes here', async () => {
    const { head, bare } = await pulled();
    const calls = gh({ pull: pullOf(head) });
    const { status, out } = await merge('#12');
    expect({ status, out }).toMatchObject({ status: 0, out: expect.stringContaining('merged into trunk') });
    expect(commitOf('trunk')).toBe(commitOf('refs/heads/trunk', bare));
    expect(person.git(['show', '-s', '--format=%s', 'trunk'])).toBe('Squashed by the forge');
    const merged = readFileSync(calls, 'utf8')
      .split('\n')
      .filter((line) => line.includes('"merge"'));
    expect(merged).toEqual([JSON.stringify(['pr', 'merge', '12', '--squash', '--match-head-commit', head])]);
  });

  test('one that the forge takes into a queue of its own is merged when it is merged, and not before', async () => {
    const { head, bare } = await pulled();
    gh({ pull: pullOf(head), queues: true });
    const { status, out } = await merge('#12');
    expect({ status, out }).toMatchObject({ status: 0, out: expect.stringContaining('merged into trunk') });
    expect(person.git(['show', '-s', '--format=%s', 'trunk'])).toBe('Squashed by the forge');
    expect(commitOf('trunk')).toBe(commitOf('refs/heads/trunk', bare));
  });

  test.each([
    [
      'changes are requested',
      { reviewDecision: 'CHANGES_REQUESTED' },
      {},
      'the forge says changes requested',
    ],
    ['its review is missing', { reviewDecision: 'REVIEW_REQUIRED' }, {}, 'the forge says review required'],
    ['nobody has to review there, and nobody has here', { reviewDecision: '' }, {}, 'nobody has approved'],
    ['a conversation is open', {}, { unresolved: 2 }, '2 are not settled'],
    ['a check is pending', {}, { checks: [{ name: 'ci', bucket: 'pending' }] }, 'ci: pending'],
    ['it is a draft', { isDraft: true }, {}, 'it is not open, or a draft'],
    ['it is for another branch', { baseRefName: 'next' }, {}, 'it is for next, not for trunk'],
    ['its head is another', { headRefOid: 'f'.repeat(40) }, {}, 'its commits have changed meanwhile'],
  ])('%s: refused', async (_, pull, more, words) => {
    const { head } = await pulled();
    const calls = gh({ pull: pullOf(head, pull), ...more });
    const { status, out } = await merge('12');
    expect({ status, out }).toMatchObject({ status: 1, out: expect.stringContaining(words) });
    expect(readFileSync(calls, 'utf8')).not.toContain('"merge"');
  });
});

test('programs and agents of other roles merge and review nothing, whatever the rules allow', async () => {
  await added();
  await approve(work('work/a', 'a.txt'));
  await doors.client.permissionSetSlot({ slotId: 'coder-1', rule: { allow: ['mcp__missiond'] } });
  const call = (name: string, body: object, token: string) =>
    doors.tcp({
      method: 'POST',
      path: `/api/tools/${name}`,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  const program = await call('mission_merge', { repository: 'project', subject: 'work/a' }, doors.token);
  expect(program.body).toContain('Only a person and the role merge-queue merge.');
  const reviewed = await call(
    'mission_review',
    { repository: 'project', commit: 'work/a', verdict: 'approve' },
    doors.token,
  );
  expect(reviewed.body).toContain('Only a person and the role reviewer review.');
  await doors.client.spawn({ slotId: 'coder-1' });
  const { token } = doors.doorOf('coder-1');
  for (const [name, body] of [
    ['mission_merge', { repository: 'project', subject: 'work/a' }],
    ['mission_review', { repository: 'project', commit: commitOf('refs/heads/work/a'), verdict: 'approve' }],
    ['mission_role_trust', { name: 'worker', digest: '0'.repeat(64) }],
  ] as const)
    expect((await call(name, body, token)).status, name).toBe(403);
  expect(readdirSync(person.folder)).not.toContain('a.txt');
});
