/**
 * `missiond/claude`: one Claude Code in a pseudo-terminal, started, written to and watched, for people who want no daemon.
 * Loads node-pty, and no database.
 */

export type { SessionStateName, SessionView } from '../machines/session-view.ts';
export { MissionError } from '../services/errors/mission-error.ts';
export { type ClaudeOptions, type ClaudeProcess, startClaude } from './claude-process.ts';
