import { z } from 'zod';
import { shellField } from './tool-pattern.ts';

const Manner = z.object({
  run_in_background: z.literal(true).optional().catch(undefined),
  dangerouslyDisableSandbox: z.literal(true).optional().catch(undefined),
});

/** How a command is to be run, where its text does not say so and who approves it should know; empty when as usual. */
export function mannerOf(tool: string, input: unknown): string {
  if (shellField(tool) === null) return '';
  const manner = Manner.safeParse(input).data;
  return [
    manner?.dangerouslyDisableSandbox === true ? ' outside its sandbox' : '',
    manner?.run_in_background === true ? ' in the background' : '',
  ].join('');
}
