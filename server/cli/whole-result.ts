import { z } from 'zod';

const Page = z.looseObject({ result: z.string().default(''), nextOffset: z.number().optional() });

/** Reads a result to its end, page after page; nobody at a terminal wants to count characters. */
export async function restOfResult(
  call: (tool: string, input: Readonly<Record<string, unknown>>) => Promise<unknown>,
  { taskId, nextOffset }: { readonly taskId: string; readonly nextOffset: number | undefined },
): Promise<string> {
  let rest = '';
  for (let offset = nextOffset; offset !== undefined; ) {
    const page = Page.parse(await call('mission_status', { taskId, offset }));
    rest += page.result;
    offset = page.nextOffset;
  }
  return rest;
}
