import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Two cores: end-to-end files start a real Claude Code each, so few at a time.
    maxWorkers: 2,
    // A hang is a failure, but a shared machine may be slow: these bound a run, they do not time it.
    testTimeout: 120_000,
    // Only in CI, where a real Claude Code shares two cores with others: a second try is printed, never hidden.
    retry: process.env['CI'] === 'true' ? 1 : 0,
    hookTimeout: 120_000,
  },
});
