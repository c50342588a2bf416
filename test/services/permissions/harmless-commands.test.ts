// biome-ignore-all lint/suspicious/noTemplateCurlyInString: shell texts and the placeholders of slots.yaml

import { describe, expect, it } from 'vitest';
import { HARMLESS } from '../../attack/corpus/harmless-commands.ts';
import { askBash, policyOf } from './policies.ts';

/** What permissions.yaml says when nobody changed it, for a role that may run commands. */
const usual = policyOf({
  role: { allow: ['Bash(*)', 'Edit(*)'], confirm: ['Bash(git push*)'] },
  default: { deny: ['Bash(rm -rf*)', 'Bash(sudo *)', 'Read(~/.ssh/**)'] },
});

describe('everyday commands are not in the way', () => {
  it.each(HARMLESS)('%j', (command) => {
    expect(askBash(usual, command)).toBe('allow');
  });
});

describe('narrow rules allow what they name', () => {
  const narrow = policyOf({
    role: {
      allow: [
        'Bash(npm test *)',
        'Bash(npm run test*)',
        'Bash(git log *)',
        'Bash(ls *)',
        'Bash(tail *)',
        'Bash(grep *)',
        'Bash(make && make install)',
        'Write(out/**)',
      ],
    },
    default: { deny: ['Bash(rm -rf*)', 'Bash(git push*)'] },
  });
  it.each([
    'npm test',
    'npm test -- --watch=false',
    'npm run test:unit',
    'CI=1 npm test',
    'NODE_ENV=test npm test 2>&1 | tail -5',
    'timeout 60 npm test',
    'time npm test',
    'nice -n 10 npm test > /dev/null',
    'git log --oneline | grep fix',
    'ls $HOME',
    'ls "$dir"/*.ts',
    'for d in a b; do ls $d; done',
    'grep -n x < /dev/null',
    'npm test > out/log.txt',
    'make && make install',
  ])('%j', (command) => {
    expect(askBash(narrow, command)).toBe('allow');
  });
});
