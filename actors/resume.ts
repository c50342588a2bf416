import { realpath } from 'node:fs/promises';
import path from 'node:path';
import type { ClaudeSessionId } from '../db/ids.ts';
import { transcriptPath } from '../services/claude/transcript.ts';
import type { SessionRow } from '../services/ledger/slot-ledger.ts';

export interface ResumeDependencies {
  /** Length of a transcript in bytes; 0 for a file that is not there. */
  readonly lengthOf: (path: string) => Promise<number>;
}

/** The transcript of the conversation that a run had last: `/clear` and `/resume` begin another one in the same folder. */
async function transcriptOf(run: SessionRow): Promise<string | null> {
  const { sessionId, configDirectory } = run;
  if (run.transcriptPath !== null) return path.join(path.dirname(run.transcriptPath), `${sessionId}.jsonl`);
  if (configDirectory === null) return null;
  const cwd = await realpath(run.cwd).catch(() => run.cwd);
  return transcriptPath({ configDirectory, cwd, sessionId });
}

/**
 * The conversation that a slot goes on with after a run of it has ended. Null when there is none: Claude Code writes a
 * transcript with the first prompt only, refuses to resume without one, and looks for it under the folder it works in.
 */
export async function conversationToResume(
  run: SessionRow | undefined,
  cwd: string,
  { lengthOf }: ResumeDependencies,
): Promise<ClaudeSessionId | null> {
  if (run === undefined || run.cwd !== cwd) return null;
  const file = await transcriptOf(run);
  return file !== null && (await lengthOf(file)) > 0 ? run.sessionId : null;
}
