import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { sameWords } from '../keyboard/same-words.ts';
import { parseTranscriptLine, type TranscriptFact } from './transcript-line.ts';

/** What a transcript says of one turn. */
export interface TranscriptTurn {
  /** The prompt is there: Claude Code took it. */
  readonly found: boolean;
  readonly ended: boolean;
  readonly interrupted: boolean;
  /** The words of the API error that ended it; null while it goes on, and where it ended otherwise. */
  readonly error: string | null;
  /** Exactly what the Stop hook would say; null while the turn has no words. */
  readonly lastAssistantMessage: string | null;
}

/** The last turn that began with these words, at or after this byte. */
export interface TurnQuery {
  readonly prompt: string;
  readonly afterOffset?: number;
}

const NO_TURN: TranscriptTurn = {
  found: false,
  ended: false,
  interrupted: false,
  error: null,
  lastAssistantMessage: null,
};

/** Where Claude Code keeps a session's transcript: every character of the folder that is no letter or digit is `-`. */
export function transcriptPath(options: {
  /** `CLAUDE_CONFIG_DIR`, or `~/.claude`. */
  readonly configDirectory: string;
  /** As the kernel names it, symbolic links resolved. */
  readonly cwd: string;
  readonly sessionId: string;
}): string {
  const project = options.cwd.replace(/[^A-Za-z0-9]/g, '-');
  return path.join(options.configDirectory, 'projects', project, `${options.sessionId}.jsonl`);
}

interface Course extends TranscriptTurn {
  /** The model has still to speak: nothing was said yet, or a tool was called. */
  readonly unanswered: boolean;
  /** Another prompt followed: what comes now belongs to that. */
  readonly closed: boolean;
}

const BEGUN: Course = { ...NO_TURN, found: true, unanswered: true, closed: false };

/** As the Stop hook has it (2.1.329): of several texts in one message only the last, without blanks around it. */
function wordsOf(texts: readonly string[]): string | null {
  const words = (texts.at(-1) ?? '').trim();
  return words === '' ? null : words;
}

function advance(course: Course, fact: TranscriptFact): Course {
  switch (fact.kind) {
    case 'interrupted':
      return { ...course, interrupted: true, ended: true };
    case 'toolResult':
      return { ...course, ended: false, unanswered: true };
    case 'turnEnded':
      return { ...course, ended: true };
    case 'assistant': {
      // Written as if the model had said it, in place of an answer.
      if (fact.isError) return { ...course, ended: true, error: fact.texts.join('\n').trim() };
      return {
        ...course,
        ended: fact.stopReason !== null && fact.stopReason !== 'tool_use',
        error: null,
        unanswered: fact.callsTool || (course.unanswered && wordsOf(fact.texts) === null),
        lastAssistantMessage: wordsOf(fact.texts) ?? course.lastAssistantMessage,
      };
    }
    case 'command':
      return course.ended ? { ...course, closed: true } : course;
    case 'prompt':
      return course;
  }
}

/**
 * Reads the course of a turn from a transcript. Half-written lines, unknown types and lines of any length are passed
 * over; a file that is not there (yet) holds no turn. Memory stays at one line.
 */
export async function readTurn(
  file: string,
  { prompt, afterOffset: start = 0 }: TurnQuery,
): Promise<TranscriptTurn> {
  if ((await lengthOfTranscript(file)) <= start) return NO_TURN;
  const lines = createInterface({
    input: createReadStream(file, { start }),
    crlfDelay: Number.POSITIVE_INFINITY,
  });
  let course: Course | null = null;
  for await (const line of lines) {
    const fact = parseTranscriptLine(line);
    if (fact === null) continue;
    if (fact.kind === 'prompt') {
      course = nextCourse(course, sameWords(prompt, fact.text));
    } else if (course !== null && !course.closed) {
      course = advance(course, fact);
    }
  }
  if (course === null) return NO_TURN;
  const { found, ended, interrupted, error, lastAssistantMessage } = course;
  return { found, ended, interrupted, error, lastAssistantMessage };
}

/** A later prompt with the same words begins anew; any other prompt ends what was found, answered or not. */
function nextCourse(course: Course | null, fits: boolean): Course | null {
  if (fits) return BEGUN;
  if (course === null || course.closed) return course;
  const interrupted = course.interrupted || (!course.ended && course.unanswered);
  return { ...course, interrupted, ended: true, closed: true };
}

/** Bytes of a transcript; 0 while Claude Code has not begun it. */
export async function lengthOfTranscript(file: string): Promise<number> {
  return await stat(file).then(
    ({ size }) => size,
    () => 0,
  );
}
