import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { z } from 'zod';

/** What a transcript says of words that a hook gave beside the result of a tool. */
export interface HandedOver {
  /** They stand in the conversation. */
  readonly found: boolean;
  /** The model was asked again since: if they are not there, they never will be. */
  readonly isPast: boolean;
}

const Line = z.union([
  z.object({
    type: z.literal('attachment'),
    attachment: z.object({
      type: z.literal('hook_additional_context'),
      content: z.union([z.string(), z.array(z.string())]),
      toolUseID: z.string(),
    }),
  }),
  z.object({ type: z.literal('assistant'), message: z.object({ id: z.string() }) }),
  z.object({
    type: z.literal('user'),
    message: z.object({ content: z.array(z.looseObject({ tool_use_id: z.string().optional() })) }),
  }),
]);

function parse(line: string): z.infer<typeof Line> | null {
  try {
    return Line.safeParse(JSON.parse(line)).data ?? null;
  } catch {
    // Half written: it is read again the next time.
    return null;
  }
}

/**
 * Looks whether the context that was given beside the result of a tool is in the conversation (measured on 2.1.150,
 * 2.1.250 and 2.1.329: it stands right behind that result, under the tool's id). A file that is not there holds nothing.
 * @param mark words that the context holds
 */
export async function readHandedOver(
  file: string,
  { offset, toolUseId, mark }: { readonly offset: number; readonly toolUseId: string; readonly mark: string },
): Promise<HandedOver> {
  const size = await stat(file).then(
    (found) => found.size,
    () => 0,
  );
  if (size <= offset) return { found: false, isPast: false };
  const lines = createInterface({
    input: createReadStream(file, { start: offset }),
    crlfDelay: Number.POSITIVE_INFINITY,
  });
  /** The last answer of the model, and the one whose tool it was. */
  let answer: string | null = null;
  let caller: string | null | undefined;
  for await (const text of lines) {
    const line = parse(text);
    if (line === null) continue;
    if (line.type === 'attachment') {
      const { content, toolUseID } = line.attachment;
      if (toolUseID === toolUseId && [content].flat().some((words) => words.includes(mark)))
        return { found: true, isPast: true };
    } else if (line.type === 'assistant') {
      answer = line.message.id;
      if (caller !== undefined && caller !== null && answer !== caller) return { found: false, isPast: true };
    } else if (line.message.content.some(({ tool_use_id }) => tool_use_id === toolUseId)) caller = answer;
  }
  return { found: false, isPast: false };
}
