import type { Ran } from './run.ts';
import type { Verdict } from './verdict.ts';

const SHOWN_OF_A_BROKEN_PROMISE = 10;

function counted(values: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');
}

function row(name: string, value: string): string {
  return `${name.padEnd(28)}${value}\n`;
}

/** The run as a table. */
export function chaosReport(ran: Ran, { outcomes, broken }: Verdict): string {
  const failures = outcomes.filter(({ task }) => task.status === 'failed');
  const again = outcomes.filter(({ witnessed }) => witnessed.taken > 1);
  const sizes = (kind: 'daemon' | 'host') =>
    ran.footprints
      .map((at) => `${at[kind]?.residentMegabytes ?? '–'} MB, ${at[kind]?.descriptors ?? '–'} fds`)
      .join(' → ');
  return [
    '\n',
    ...[...ran.faults].map(([name, count]) => row(name, String(count))),
    '\n',
    row('tasks handed in', `${outcomes.length} (${counted(outcomes.map(({ door }) => door))})`),
    row('as they ended', counted(outcomes.map(({ task }) => task.status))),
    row('why they failed', counted(failures.map(({ task }) => task.errorCode ?? 'no code')) || 'none failed'),
    ...failures
      .slice(0, SHOWN_OF_A_BROKEN_PROMISE)
      .map(({ task }) => `    ${task.id}: ${task.error ?? ''}\n`),
    row('prompts taken more than once', String(again.length)),
    row('daemon, after calm rounds', sizes('daemon')),
    row('pty host', sizes('host')),
    '\n',
    ...(broken.length === 0 ? ['Every promise was kept.\n'] : []),
    ...broken.map(
      ({ promise, by }) =>
        `✗ ${promise}: ${by.length}\n${by
          .slice(0, SHOWN_OF_A_BROKEN_PROMISE)
          .map((line) => `    ${line}\n`)
          .join('')}`,
    ),
  ].join('');
}
