import path from 'node:path';

/** Whose words a transcript holds, by where it lies. */
export interface TranscriptPlace {
  /** Null where only the lines say it: older versions keep subagents beside the sessions. */
  readonly sessionId: string | null;
  /** The subagent's id; null of a session's own transcript. */
  readonly agentId: string | null;
}

const OF_AGENT = /^agent-(.+)$/;
const LONGEST_NAME = 200;

/** `<session>.jsonl`, `<session>/subagents/**` + `/agent-<id>.jsonl` (2.1.30 on), or `agent-<id>.jsonl` (2.0.60). */
export function placeOfTranscript(file: string): TranscriptPlace {
  const stem = path.basename(file, '.jsonl').slice(0, LONGEST_NAME);
  const agentId = OF_AGENT.exec(stem)?.[1] ?? null;
  if (agentId === null) return { sessionId: stem, agentId };
  const folders = path.dirname(file).split(path.sep);
  const subagents = folders.lastIndexOf('subagents');
  return { sessionId: subagents > 0 ? (folders[subagents - 1] ?? null) : null, agentId };
}

export const nameOfAgent = (sessionId: string, agentId: string): string => `${sessionId}/agent-${agentId}`;
export const nameOfSidechain = (sessionId: string, uuid: string): string => `${sessionId}/sidechain-${uuid}`;
