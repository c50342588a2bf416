import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** What runs real Claude Code or whole daemons. */
const WHOLE_PROGRAM = ['test/{canary,chaos,e2e,fuzz,matrix,package}/**/*.test.ts'];

/** Those of minutes. Begun last, they would run on alone while the other workers have nothing left. */
const LONGEST = ['test/chaos/chaos.test.ts', 'test/e2e/team/team.test.ts', 'test/e2e/durability.test.ts'];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification) => LONGEST.some((name) => moduleId.endsWith(name));
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

export default defineConfig({
  test: {
    // A hang is a failure, but a shared machine may be slow: these bound a run, they do not time it.
    testTimeout: 120_000,
    // Only in CI, where a real Claude Code shares two cores with others: a second try is printed, never hidden.
    retry: process.env['CI'] === 'true' ? 1 : 0,
    hookTimeout: 120_000,
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        extends: true,
        test: {
          name: 'whole',
          include: WHOLE_PROGRAM,
          // Two cores: each starts a real Claude Code or whole daemons; a third made them too slow for one another.
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'parts',
          include: ['test/**/*.test.ts'],
          exclude: WHOLE_PROGRAM,
          // One more than the two cores of CI: a file that waits for git leaves a core idle.
          maxWorkers: 3,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
