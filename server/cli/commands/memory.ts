import type { MemoryJobView } from '../../../actors/memory/memory-views.ts';
import { MissionError } from '../../../services/errors/mission-error.ts';
import { memoryPause, memoryPending, memoryRetry, memoryStatus } from '../../tools/memory.ts';
import type { Command, CommandContext, ParsedCommand } from '../command.ts';
import { numberOf } from '../option-values.ts';
import { table } from '../table.ts';

interface Verb {
  readonly usage: string;
  /** Whether a job is named behind it. */
  readonly ofJob: boolean;
  run(jobId: string, parsed: ParsedCommand, context: CommandContext): Promise<void>;
}

const SHORT_ID = 8;

const whenOf = (at: number | undefined): string =>
  at === undefined ? '' : new Date(at).toISOString().slice(0, 16).replace('T', ' ');

function cameTo({ outcome, error }: MemoryJobView): string {
  if (outcome === undefined) return error ?? '';
  const { refused, ...counts } = outcome;
  const words = Object.entries({ ...counts, refused: refused.length })
    .filter(([, count]) => count > 0)
    .map(([what, count]) => `${count} ${what}`);
  return words.length === 0 ? 'nothing' : words.join(', ');
}

const jobsOf = (jobs: readonly MemoryJobView[]): string =>
  table(
    ['JOB', 'KIND', 'STATUS', 'SIZE', 'MADE', 'CAME TO'],
    jobs.map((job) => [
      job.id.slice(0, SHORT_ID),
      job.kind,
      job.status,
      String(job.size),
      whenOf(job.createdAt),
      cameTo(job),
    ]),
  );

async function pause(paused: boolean, parsed: ParsedCommand, { call, print }: CommandContext): Promise<void> {
  const hours = numberOf(parsed, 'hours', { whole: false });
  const input = { paused, ...(hours === undefined ? {} : { hours }) };
  const output = memoryPause.output.parse(await call(memoryPause.name, input));
  print(output, () => (output.paused ? `Paused until ${whenOf(output.until)} UTC.\n` : 'It goes on.\n'));
}

const VERBS: Readonly<Record<string, Verb>> = {
  status: {
    usage: '',
    ofJob: false,
    async run(_, __, { call, print }) {
      const status = memoryStatus.output.parse(await call(memoryStatus.name));
      const { worker, why, paused, pausedUntil, pendingRealtime, pendingDeep, pendingMore } = status;
      const { recent, failed } = status;
      print(status, () => {
        const who = worker === null ? `Nobody reads for the memory: ${why ?? ''}` : `Read by: ${worker}.`;
        const pauseWords = paused ? ` Paused until ${whenOf(pausedUntil)} UTC.` : '';
        const waits = `${pendingMore === true ? 'At least ' : ''}${pendingRealtime} messages wait, ${pendingDeep} to be read as whole sessions.`;
        const older = failed.filter(({ id }) => !recent.some((job) => job.id === id));
        const shown = [...recent, ...older];
        return `${who}${pauseWords}\n${waits}\n${shown.length === 0 ? '' : jobsOf(shown)}`;
      });
    },
  },
  pending: {
    usage: '[--limit N]',
    ofJob: false,
    async run(_, parsed, { call, print }) {
      const limit = numberOf(parsed, 'limit', { whole: true });
      const input = limit === undefined ? {} : { limit };
      const output = memoryPending.output.parse(await call(memoryPending.name, input));
      print(output, () => `${output.text}\n`);
    },
  },
  pause: {
    usage: '[--hours N]',
    ofJob: false,
    run: (_, parsed, context) => pause(true, parsed, context),
  },
  resume: {
    usage: '',
    ofJob: false,
    run: (_, parsed, context) => pause(false, parsed, context),
  },
  retry: {
    usage: 'JOB',
    ofJob: true,
    async run(jobId, _, { call, print }) {
      const output = memoryRetry.output.parse(await call(memoryRetry.name, { job_id: jobId }));
      print(output, () => jobsOf([output]));
    },
  },
};

const usages = Object.entries(VERBS).map(([name, { usage }]) => `${name} ${usage}`.trim());

export const memory: Command = {
  name: 'memory',
  agents: ['', 'status'],
  summary: 'what is learnt from conversations: status, pending, pause, resume, retry',
  usage: `[${usages.join(' | ')}]`,
  options: {
    hours: { type: 'string', help: 'how long the pause lasts (default: 2)' },
    limit: { type: 'string', help: 'how many messages' },
  },
  words: [0, 2],
  async run(parsed, context) {
    const [name = 'status', jobId] = parsed.positionals;
    const verb = Object.hasOwn(VERBS, name) ? VERBS[name] : undefined;
    if (verb === undefined || verb.ofJob !== (jobId !== undefined))
      throw new MissionError('input_invalid', `missiond memory ${parsed.positionals.join(' ')}`, {
        remedy: `One of: ${usages.map((usage) => `missiond memory ${usage}`).join('; ')}`,
      });
    await verb.run(jobId ?? '', parsed, context);
    return 0;
  },
};
