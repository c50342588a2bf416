import type { ScriptedModelEvent } from '../../services/scripted-model/start-scripted-model.ts';

/** The states that a recording's truth is told in; `unknown`, `starting` and `end` are not scored. */
export type TrueState =
  | 'starting'
  | 'idle'
  | 'thinking'
  | 'responding'
  | 'tool_running'
  | 'confirming'
  | 'error'
  | 'slash_menu'
  | 'unknown'
  | 'end';

export interface TrueChange {
  /** Seconds from the start of the recording. */
  readonly t: number;
  readonly state: TrueState;
  readonly why: string;
  /** How the answer begins, of `responding`. */
  readonly head?: string;
  /** The kind of dialog that stands there, of `confirming`. */
  readonly dialog?: string;
}

/** In the prompt of a sub-agent, so that its requests are not taken for those of the conversation. */
export const SUBAGENT = '(subagent)';
const COMPACTION = /Your task is to create a detailed summary/;

/** What really happens, as the model and the keys tell it: nothing here looks at hooks or at our reading. */
export function createTruthLog(now: () => number) {
  const changes: TrueChange[] = [];
  /** Requests up to here were given up by a person: what the model still says of them means nothing. */
  let givenUp = 0;
  let lastRequest = 0;

  const log = {
    changes,
    state: (): TrueState => changes.at(-1)?.state ?? 'starting',
    set(state: TrueState, why: string, more: Pick<TrueChange, 'dialog' | 'head'> = {}): void {
      if (log.state() === state && changes.length > 0) return;
      changes.push({ t: now(), state, why, ...more });
    },
    giveUp(state: TrueState, why: string): void {
      givenUp = lastRequest;
      log.set(state, why);
    },
    hear({ type, id, detail, prompt }: ScriptedModelEvent, errorMeans: TrueState): void {
      if (prompt.includes(SUBAGENT) && !prompt.startsWith('tools:')) return;
      lastRequest = Math.max(lastRequest, id);
      if (id <= givenUp) return;
      const compacts = COMPACTION.test(prompt);
      if (type === 'request') log.set('thinking', compacts ? 'compaction' : 'request');
      else if (type === 'thinking') log.set('thinking', 'thinking block');
      else if (type === 'text' && !compacts) log.set('responding', 'first text', { head: detail ?? '' });
      else if (type === 'error') log.set(errorMeans, `http ${detail}`);
      else if (type === 'stop' && detail === 'tool_use') log.set('tool_running', 'tool use sent');
      // A compaction may take several requests, and work of its own after them: the scenario says when it is over.
      else if (type === 'stop' && detail === 'end_turn' && !compacts) log.set('idle', 'message ended');
    },
  };
  return log;
}

export type TruthLog = ReturnType<typeof createTruthLog>;
