import { parseArgs } from 'node:util';
import { playChaos } from './play.ts';
import { chaosReport } from './report.ts';

const HELP = `Usage: npm run chaos -- [options]

Hands in tasks through real doors while agents, daemon, pty host and bridges are killed and stopped, the disk
fills up, the database is locked, hooks hang and the clock jumps. Then it waits until every task has ended and
checks what was promised: none lost, none done twice, every result as the agent said it, no process left, no
descriptor leaked, memory flat. It ends with status 1 when a promise was broken, and keeps the folder of the run.

  --minutes N   so long things go wrong (default 2)
  --seed N      chance begins here; the same seed chooses the same faults (default: by the clock)
  --claude      the real Claude Code with the scripted model, instead of a small program that behaves like it
`;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '2' },
    seed: { type: 'string' },
    claude: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

async function main(): Promise<number> {
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const seed = Number(values.seed ?? Date.now() % 1_000_000);
  const forMs = Number(values.minutes) * 60_000;
  if (!Number.isInteger(seed) || !(forMs > 0)) {
    process.stderr.write(`--minutes and --seed want numbers.\n\n${HELP}`);
    return 2;
  }
  const startedAt = Date.now();
  const tell = (line: string) =>
    process.stderr.write(`${((Date.now() - startedAt) / 1_000).toFixed(1).padStart(7)} s  ${line}\n`);
  tell(`seed ${seed}`);
  const { ran, verdict } = await playChaos({ forMs, seed, realClaude: values.claude, keep: true, tell });
  process.stdout.write(chaosReport(ran, verdict));
  return verdict.broken.length > 0 ? 1 : 0;
}

process.exit(await main());
