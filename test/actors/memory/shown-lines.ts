import { z } from 'zod';

const Line = z.object({ id: z.number(), session: z.string(), by: z.string(), said: z.string() });

/** The messages that a prompt of the memory shows. */
export function shownIn(prompt: string): readonly z.output<typeof Line>[] {
  const [, batch = ''] = /--- begin [0-9a-f-]+\n([\s\S]*)\n--- end/.exec(prompt) ?? [];
  return batch.split('\n').map((line) => Line.parse(JSON.parse(line)));
}
