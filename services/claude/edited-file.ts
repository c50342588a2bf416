import { z } from 'zod';

/** The kernel takes no longer one (PATH_MAX of Linux). */
const LONGEST_NAME = 4_096;
const file = z
  .string()
  .min(1)
  .max(LONGEST_NAME)
  .refine((name) => !name.includes('\0'));
const Call = z.union([
  z.object({ tool: z.enum(['Edit', 'Write', 'MultiEdit']), input: z.object({ file_path: file }) }),
  z.object({ tool: z.literal('NotebookEdit'), input: z.object({ notebook_path: file }) }),
]);

/** The file that a tool call is about to change, as it is named there; null for a call that names none. */
export function editedFile(tool: string, input: unknown): string | null {
  const { data } = Call.safeParse({ tool, input });
  if (data === undefined) return null;
  return data.tool === 'NotebookEdit' ? data.input.notebook_path : data.input.file_path;
}
