import type {
  ClaudeOverviewView,
  ClaudeSessionView,
  ClaudeTaskInProgressView,
  ClaudeTaskListView,
} from './views.ts';

/** Which sessions. */
export interface ClaudeSessionFilter {
  /** A folder with what lies below it, or the name of a folder. */
  readonly project?: string | undefined;
  /** Only those whose Claude Code runs. */
  readonly activeOnly: boolean;
}

/** The task lists that Claude Code keeps for itself, of every session on the machine: read, never written. */
export interface ClaudeTasks {
  /** The one that was changed last first. */
  sessions(filter: ClaudeSessionFilter, limit: number): readonly ClaudeSessionView[];
  /**
   * Of one session, of those of a project, or of those that run.
   * @throws MissionError `conversation_unknown` for a session that has no list, `input_invalid` for a beginning of several
   */
  tasks(of: {
    readonly sessionId?: string | undefined;
    readonly project?: string | undefined;
  }): readonly ClaudeTaskListView[];
  overview(): ClaudeOverviewView;
  /** The newest first. */
  inProgress(limit: number): readonly ClaudeTaskInProgressView[];
}
