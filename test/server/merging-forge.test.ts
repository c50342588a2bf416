import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { createMergingStage } from './merging-stage.ts';

const stage = createMergingStage();
const { added, commitOf, merge, remote, work } = stage;

/** A gh that answers from files and notes how it was called. */
function gh(facts: {
  readonly pull: object;
  readonly checks?: object;
  readonly unresolved?: number;
  /** It takes it into a queue of its own, and merges it when it is asked for it again. */
  readonly queues?: boolean;
}): string {
  const state = path.join(stage.person.directory, 'gh');
  mkdirSync(state, { recursive: true });
  writeFileSync(path.join(state, 'pull.json'), JSON.stringify(facts.pull));
  writeFileSync(
    path.join(state, 'checks.json'),
    JSON.stringify(facts.checks ?? [{ name: 'ci', bucket: 'pass' }]),
  );
  writeFileSync(path.join(state, 'unresolved'), String(facts.unresolved ?? 0));
  if (facts.queues === true) writeFileSync(path.join(state, 'queues'), '');
  writeFileSync(
    path.join(stage.bin, 'gh'),
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
const git = (...more) => execFileSync('git', ['-C', ${JSON.stringify(path.join(stage.person.directory, 'remote.git'))}, ...more], { encoding: 'utf8' }).trim();
const made = git('-c', 'user.name=forge', '-c', 'user.email=f@f', 'commit-tree', git('rev-parse', pull.headRefOid + '^{tree}'), '-p', git('rev-parse', 'trunk'), '-m', 'Squashed by the forge');
git('update-ref', 'refs/heads/trunk', made);
fs.writeFileSync(state + '/pull.json', JSON.stringify({ ...pull, state: 'MERGED' }));
} else process.exit(4);
`,
  );
  chmodSync(path.join(stage.bin, 'gh'), 0o755);
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
  stage.person.git(['push', '--quiet', 'origin', 'work/a:refs/pull/12/head']);
  return { head, bare };
}

test('a pull request that everything agrees to is merged there, and comes here', async () => {
  const { head, bare } = await pulled();
  const calls = gh({ pull: pullOf(head) });
  const { status, out } = await merge('#12');
  expect({ status, out }).toMatchObject({ status: 0, out: expect.stringContaining('merged into trunk') });
  expect(commitOf('trunk')).toBe(commitOf('refs/heads/trunk', bare));
  expect(stage.person.git(['show', '-s', '--format=%s', 'trunk'])).toBe('Squashed by the forge');
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
  expect(stage.person.git(['show', '-s', '--format=%s', 'trunk'])).toBe('Squashed by the forge');
  expect(commitOf('trunk')).toBe(commitOf('refs/heads/trunk', bare));
});

test.each([
  ['changes are requested', { reviewDecision: 'CHANGES_REQUESTED' }, {}, 'the forge says changes requested'],
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
