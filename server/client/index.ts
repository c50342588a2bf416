export type { MissionEvent, QuestionView, SlotView, TaskView } from '../../actors/mission/views.ts';
export { MissionError, type MissionErrorCode } from '../../services/errors/mission-error.ts';
export { connectMission, type MissionClient } from './connect-mission.ts';
export { MissionControl, type MissionControlEvents } from './mission-control.ts';
export type { PtySession, PtySessionEvents } from './pty-session.ts';
