import type { z } from 'zod';
import { MissionError } from '../../../services/errors/mission-error.ts';
import { type EmbeddingStandingView, kbEmbedRetry } from '../../tools/knowledge-embeddings.ts';
import { kbQueueStatus } from '../../tools/knowledge-plans.ts';
import type { Command, CommandContext } from '../command.ts';

const USAGE = 'status | retry';
const OFF = 'Off: entries are found by their words (knowledge: embeddings: in slots.yaml).';

/** One line: who embeds, and how much of it is done. */
export function embeddingWords(standing: z.output<typeof EmbeddingStandingView> | undefined): string {
  if (standing === undefined) return OFF;
  const { backend, model, waiting, embedded, refused, problem } = standing;
  const who = model === undefined ? 'Nobody embeds.' : `${model} at ${backend}:`;
  const counts = `${embedded} entries are embedded, ${waiting} wait, ${refused} refused.`;
  return [who, counts, problem].filter((words) => words !== undefined).join(' ');
}

async function status({ call, print }: CommandContext): Promise<number> {
  const { embeddings } = kbQueueStatus.output.parse(await call(kbQueueStatus.name, { limit: 1 }));
  const refused = (embeddings?.givenUp ?? []).map(
    ({ category, key, because }) => `  [${category}] ${key}: ${because}\n`,
  );
  const more = (embeddings?.refused ?? 0) - refused.length;
  print({ enabled: embeddings !== undefined, ...embeddings }, () =>
    [`${embeddingWords(embeddings)}\n`, ...refused, more > 0 ? `  and ${more} more\n` : ''].join(''),
  );
  return 0;
}

async function retry({ call, print }: CommandContext): Promise<number> {
  const output = kbEmbedRetry.output.parse(await call(kbEmbedRetry.name));
  print(output, () => `${output.retried} are tried again.\n`);
  return 0;
}

export const embeddings: Command = {
  name: 'embeddings',
  agents: ['', 'status'],
  summary: 'who embeds what is known, how much of it is done, and what was refused',
  usage: `[${USAGE}]`,
  options: {},
  words: [0, 1],
  async run({ positionals: [verb = 'status'] }, context) {
    if (verb === 'status') return status(context);
    if (verb === 'retry') return retry(context);
    throw new MissionError('input_invalid', `missiond embeddings does not understand "${verb}".`, {
      remedy: `Usage: missiond embeddings ${USAGE}`,
    });
  },
};
