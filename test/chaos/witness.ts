import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseTranscriptLine } from '../../services/claude/transcript-line.ts';
import { markIn } from './work.ts';

/** What the agents themselves wrote of one task. */
export interface Witnessed {
  /** How often its prompt was taken. */
  readonly taken: number;
  /** What was answered, in order. */
  readonly answers: readonly string[];
}

function transcriptsBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.jsonl'))
    .map((name) => path.join(folder, name));
}

/** Reads every transcript of the agents: who was asked what, and what was said, whatever the daemon made of it. */
export function readWitnesses(claudeHome: string): ReadonlyMap<string, Witnessed> {
  const witnessed = new Map<string, { taken: number; answers: string[] }>();
  for (const file of transcriptsBelow(path.join(claudeHome, '.claude', 'projects'))) {
    let current: { taken: number; answers: string[] } | undefined;
    for (const line of readFileSync(file, 'utf8').split('\n')) {
      const fact = parseTranscriptLine(line);
      if (fact?.kind === 'prompt') {
        const mark = markIn(fact.text);
        if (mark === null) continue;
        current = witnessed.get(mark) ?? { taken: 0, answers: [] };
        current.taken += 1;
        witnessed.set(mark, current);
      } else if (fact?.kind === 'interrupted') {
        current = undefined;
      } else if (fact?.kind === 'assistant' && fact.stopReason === 'end_turn' && fact.texts.length > 0) {
        current?.answers.push(fact.texts.join('\n').trim());
      }
    }
  }
  return witnessed;
}
