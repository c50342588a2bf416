// biome-ignore-all lint/suspicious/noTemplateCurlyInString: shell texts

import { describe, expect, it } from 'vitest';
import { GatesSchema, ProtectSchema } from '../../services/config/protect.ts';
import { createJudge, type Decision } from '../../services/permissions/decide.ts';
import { policyOf } from '../services/permissions/policies.ts';
import { CHANGES_IT, READS_IT, RUNS_IT } from './corpus/hostile-commands.ts';

/** Everything is allowed but one program, one folder, and what only a person may do. */
const judge = createJudge({
  ...policyOf({
    role: { allow: ['*'], deny: ['Bash(curl*)', 'Edit(secret/**)', 'Read(~/.ssh/**)'] },
  }),
  protections: {
    ...ProtectSchema.parse({}),
    gatesOf: () => GatesSchema.parse({}),
    repositoryPaths: () => [],
  },
});

function decided(tool: string, input: object): Decision['decision'] {
  return judge({ role: 'coder', slotId: 'coder-1', tool, input, cwd: '/work/project' }).decision;
}

describe('a denied program is not allowed, whoever runs it', () => {
  it.each(RUNS_IT)('%j', (command) => {
    expect(decided('Bash', { command })).not.toBe('allow');
  });

  it.each([
    ['Monitor', { command: 'curl x', description: 'watch' }],
    ['mcp__workspace__bash', { command: 'ls; curl x' }],
    ['PowerShell', { command: 'curl x' }],
    ['REPL', { code: 'require("child_process").execSync("curl x")' }],
    ['Eval', { code: '1' }],
    ['Bash', { command: 'ls', run_in_background: true, nested: { command: 'curl x' }, cmd: 1 }],
  ] as const)('nor by %s', (tool, input) => {
    expect(decided(tool, input)).toBe(
      tool === 'Bash' ? 'allow' : tool === 'Monitor' || tool.startsWith('mcp') ? 'deny' : 'confirm',
    );
  });

  it.each([
    [{}],
    [{ command: null }],
    [{ command: ['curl', 'x'] }],
    [{ command: { toString: 'curl x' } }],
    [{ Command: 'ls' }],
  ])('nor by an input that is no command: %j', (input) => {
    expect(decided('Bash', input)).toBe('confirm');
  });
});

describe('a folder that may not be changed is not changed, by whatever name', () => {
  it.each(CHANGES_IT)('%j', (command) => {
    expect(decided('Bash', { command })).not.toBe('allow');
  });

  it.each([
    'secret/x',
    './secret/x',
    'secret//x',
    'src/../secret/x',
    '/work/project/secret/x',
    '/work/./project/secret/../secret/x',
    '//work/project/secret/x',
    'secret/../secret/x',
  ])('%s of Edit and Write', (file_path) => {
    expect(decided('Edit', { file_path })).toBe('deny');
    expect(decided('Write', { file_path })).toBe('deny');
    expect(decided('NotebookEdit', { notebook_path: file_path })).toBe('deny');
    expect(decided('MultiEdit', { file_path, edits: [] })).toBe('deny');
    expect(decided('Read', { file_path })).toBe('allow');
  });

  it.each([[{}], [{ file_path: 7 }], [{ file_path: ['secret/x'] }], [{ file_path: null }]])(
    'an input without a path is asked about: %j',
    (input) => {
      expect(decided('Edit', input)).not.toBe('deny');
    },
  );
});

describe('what may not be read is not read', () => {
  it.each(READS_IT)('%j', (command) => {
    expect(decided('Bash', { command })).not.toBe('allow');
  });

  it.each([
    ['Read', { file_path: '~/.ssh/id_rsa' }],
    ['Read', { file_path: '/root/../root/.ssh/id_rsa' }],
    ['Grep', { pattern: 'KEY', path: '~/.ssh' }],
    ['Glob', { pattern: '*', path: '~/.ssh' }],
    ['LS', { path: '~/.ssh' }],
    ['Grep', { pattern: 'KEY', path: '~' }],
    ['Grep', { pattern: 'KEY', path: '~', glob: '.ssh/*' }],
    ['Glob', { pattern: '~/.ssh/*' }],
    ['Glob', { pattern: '/root/.ssh/*' }],
    ['Glob', { pattern: '.ssh/*', path: '/root' }],
  ])('%s %j', (tool, input) => {
    const home = process.env['HOME'] ?? '/root';
    const own = JSON.parse(JSON.stringify(input).replaceAll('/root', home));
    expect(decided(tool, own)).toBe('deny');
  });
});
