import { expect, test } from 'vitest';
import { configurationOf } from '../../../server/cli/commands/repo-settings.ts';

test('`true` is a command where a command is meant, and yes where yes or no is', () => {
  const { set } = configurationOf(['check=true', 'setup=false', 'mergesIntoFork=true']);
  expect(set).toEqual({ check: 'true', setup: 'false', mergesIntoFork: true });
});
