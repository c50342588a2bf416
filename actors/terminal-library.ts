/**
 * `missiond/terminal`: what the Claude Code in a terminal is doing, for people who want only that. Loads neither
 * node-pty nor SQLite, opens nothing and starts nothing.
 */

export type { SessionStateName, SessionView } from '../machines/session-view.ts';
export { type HookBody, parseHookBody } from '../services/claude/hook-body.ts';
export type { SessionStatus } from '../services/claude/session-registry.ts';
export { createVirtualClock, type VirtualClock } from '../services/recording/virtual-clock.ts';
export type {
  ComposerReading,
  DialogReading,
  ScreenLevel,
  ScreenReading,
} from '../services/terminal/reading.ts';
export {
  createTerminalSession,
  type TerminalSession,
  type TerminalSessionOptions,
} from './terminal-session.ts';
