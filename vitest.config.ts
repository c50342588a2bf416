import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Two cores: end-to-end files start a real Claude Code each, so few at a time.
    maxWorkers: 2,
    // A hang is a failure, but a shared machine may be slow: these bound a run, they do not time it.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
