import type { WebSocket } from 'ws';
import type { Mission } from '../../actors/mission/api.ts';
import type { MissionEvent } from '../../actors/mission/views.ts';
import { sendJson } from './send-json.ts';

/** Tasks of the first picture; older ones are asked for over REST. */
const SHOWN_TASKS = 100;

/** Which questions the reader may answer. */
export type Answers = 'all' | 'unprotected' | 'none';

/** Sessions of the first picture. */
const SHOWN_SESSIONS = 50;

/** What the person and other slots have put down for themselves is for whoever may read conversations. */
const isOfClaudeTasks = ({ type }: MissionEvent): boolean => type.startsWith('cc_');

/**
 * `/tasks`: how everything stands, then every change. With `since`, what was missed comes in between. Who may not read
 * conversations is not told of them: for that reader the numbers have holes.
 */
export function serveTasks(
  socket: WebSocket,
  mission: Mission,
  {
    since,
    answers,
    readsSessions,
  }: {
    readonly since: number | undefined;
    readonly answers: Answers;
    /** Whether the reader may see what is said in sessions. */
    readonly readsSessions: boolean;
  },
): void {
  sendJson(socket, {
    type: 'snapshot',
    answers,
    sequence: mission.lastSequence(),
    slots: mission.slots(),
    tasks: mission.tasks({ limit: SHOWN_TASKS }),
    questions: mission.questions(),
    board: mission.board.list({}),
    overlaps: mission.repositories.allOverlaps(),
    ...(readsSessions
      ? { claudeSessions: mission.claudeTasks.sessions({ activeOnly: true }, SHOWN_SESSIONS) }
      : {}),
  });
  const leave = mission.subscribe((event) => {
    if (readsSessions || !isOfClaudeTasks(event)) sendJson(socket, event);
  }, since);
  socket.on('close', leave);
}
