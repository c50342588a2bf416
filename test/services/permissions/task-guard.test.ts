import { describe, expect, it } from 'vitest';
import { createJudge } from '../../../services/permissions/decide.ts';
import { EMPTY_POLICY } from '../../../services/permissions/policy.ts';
import { changesAfter, checkWanted, guardRules } from '../../../services/permissions/task-guard.ts';

const CWD = '/work/project';
const ALL = { allow: ['Edit', 'Write', 'Read', 'Bash'], confirm: [], deny: [] };

const judged = (guard: Parameters<typeof guardRules>[0], changes: number, tool: string, input: object) =>
  createJudge({ ...EMPTY_POLICY, default: ALL })(
    { role: 'coder', slotId: 'coder-1', tool, input, cwd: CWD },
    guardRules(guard, changes),
  ).decision;

describe('paths that a task does not change', () => {
  const guard = { protectedPaths: ['.github/**', './package.json'] };
  it.each<[string, object, string]>([
    ['Edit', { file_path: `${CWD}/.github/workflows/ci.yml`, old_string: 'a', new_string: 'b' }, 'deny'],
    ['Write', { file_path: `${CWD}/package.json`, content: '' }, 'deny'],
    ['Bash', { command: 'echo x > .github/workflows/ci.yml' }, 'deny'],
    ['NotebookEdit', { notebook_path: `${CWD}/.github/a.ipynb`, new_source: '' }, 'deny'],
    ['MultiEdit', { file_path: `${CWD}/package.json`, edits: [] }, 'deny'],
    ['Read', { file_path: `${CWD}/package.json` }, 'allow'],
    ['Edit', { file_path: `${CWD}/src/a.ts`, old_string: 'a', new_string: 'b' }, 'allow'],
  ])('%s %o: %s', (tool, input, decision) => {
    expect(judged(guard, 0, tool, input)).toBe(decision);
  });
});

describe('changes without a check', () => {
  const guard = { maxChanges: 2, check: 'npm test*' };
  const edit = { tool: 'Edit', input: { file_path: `${CWD}/a.ts` }, cwd: CWD };
  const bash = (command: string) => ({ tool: 'Bash', input: { command }, cwd: CWD });

  it('are counted, and the check makes them none', () => {
    expect(changesAfter(guard, 1, edit)).toBe(2);
    expect(changesAfter(guard, 2, bash('npm test -- a'))).toBe(0);
  });

  it.each([
    ['ls', 2],
    ['npm test & ls', 2],
    ['npm test &', 2],
    ['echo npm test', 2],
    ['npm test; rm -rf src', 3],
    ['sed -i s/a/b/ a.ts', 3],
    ['echo x > a.ts', 3],
  ])('%s is no check', (command, count) => {
    expect(changesAfter(guard, 2, bash(command))).toBe(count);
  });

  it('a check that runs in the background is none', () => {
    const input = { command: 'npm test', run_in_background: true };
    expect(changesAfter(guard, 2, { tool: 'Bash', input, cwd: CWD })).toBe(2);
  });

  it('stop further changes, not the check', () => {
    const change = { file_path: `${CWD}/a.ts`, old_string: 'a', new_string: 'b' };
    expect(judged(guard, 1, 'Edit', change)).toBe('allow');
    expect(judged(guard, 2, 'Edit', change)).toBe('deny');
    expect(judged(guard, 2, 'Bash', { command: 'echo x > b.ts' })).toBe('deny');
    expect(judged(guard, 2, 'Bash', { command: 'npm test' })).toBe('allow');
    expect(checkWanted(guard, 1)).toBeNull();
    expect(checkWanted(guard, 2)).toContain('run `npm test*`');
  });
});
