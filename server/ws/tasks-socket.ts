import type { WebSocket } from 'ws';
import type { Mission } from '../../actors/mission/api.ts';
import { sendJson } from './send-json.ts';

/** Tasks of the first picture; older ones are asked for over REST. */
const SHOWN_TASKS = 100;

/** Which questions the reader may answer. */
export type Answers = 'all' | 'unprotected' | 'none';

/** `/tasks`: how everything stands, then every change. With `since`, what was missed comes in between. */
export function serveTasks(
  socket: WebSocket,
  mission: Mission,
  { since, answers }: { readonly since: number | undefined; readonly answers: Answers },
): void {
  sendJson(socket, {
    type: 'snapshot',
    answers,
    sequence: mission.lastSequence(),
    slots: mission.slots(),
    tasks: mission.tasks({ limit: SHOWN_TASKS }),
    questions: mission.questions(),
    board: mission.board.list({}),
  });
  const leave = mission.subscribe((event) => sendJson(socket, event), since);
  socket.on('close', leave);
}
