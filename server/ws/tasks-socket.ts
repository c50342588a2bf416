import type { WebSocket } from 'ws';
import type { Mission } from '../../actors/mission/api.ts';
import { sendJson } from './send-json.ts';

/** Tasks of the first picture; older ones are asked for over REST. */
const SHOWN_TASKS = 100;

/** `/tasks`: how everything stands, then every change. With `since`, what was missed comes in between. */
export function serveTasks(socket: WebSocket, mission: Mission, since: number | undefined): void {
  sendJson(socket, {
    type: 'snapshot',
    sequence: mission.lastSequence(),
    slots: mission.slots(),
    tasks: mission.tasks({ limit: SHOWN_TASKS }),
    questions: mission.questions(),
    board: mission.board.list({}),
  });
  const leave = mission.subscribe((event) => sendJson(socket, event), since);
  socket.on('close', leave);
}
