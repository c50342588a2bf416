import type { WebSocket } from 'ws';
import type { Mission, TerminalControl } from '../../actors/mission/api.ts';
import type { MissionEvent, SlotView } from '../../actors/mission/views.ts';
import type { SlotId } from '../../db/ids.ts';
import { MissionError, toFailure } from '../../services/errors/mission-error.ts';
import { AttachClientMessage, type AttachServerMessage } from '../attach/protocol.ts';
import { sayIssues } from '../say-issues.ts';
import { sendJson } from './send-json.ts';

/** The session could not be attached to. */
export const CLOSE_REFUSED = 4001;
/** The program ended. */
const CLOSE_EXITED = 4003;

/** `/pty/<slot>`: the screen, then output; what the session does; and, unless read-only, a keyboard. */
export function servePty(
  socket: WebSocket,
  mission: Mission,
  slotId: SlotId,
  {
    willAnswer,
    ...options
  }: {
    readonly fromSequence?: number;
    readonly readOnly: boolean;
    /** Told of each piece of output, which the client acknowledges. */
    readonly willAnswer: () => void;
  },
): void {
  const send = (message: AttachServerMessage): void => sendJson(socket, message);
  let control: TerminalControl | undefined;
  let gone = false;

  let told = '';
  /** The slot moves more often than what its session does. */
  function tellState(slot: SlotView, previous: string): void {
    const { state, conversation, statusText, health, why } = slot;
    const text = JSON.stringify([state, conversation, statusText, health, why?.rule]);
    if (text === told) return;
    told = text;
    send({
      type: 'state',
      state,
      prevState: previous,
      conversation,
      health,
      ...(why === undefined ? {} : { why }),
      ...(statusText === undefined ? {} : { statusText }),
    });
  }

  function tell(event: MissionEvent): void {
    // The screen comes first, and with it how everything stands.
    if (control === undefined) return;
    if (event.type === 'slot_changed' && event.slot.slotId === slotId)
      tellState(event.slot, event.previousState ?? event.slot.state);
    if (event.type === 'question_asked' && event.question.slotId === slotId)
      send({ type: 'confirm', question: event.question });
    if (!('slotId' in event) || event.slotId !== slotId) return;
    if (event.type === 'title_changed') send({ type: 'title', title: event.title });
    if (event.type === 'text_complete') send({ type: 'text_complete', text: event.text });
    if (event.type === 'tool_output') {
      const { tool, output, failed } = event;
      send({ type: 'tool_output', tool, output, failed });
    }
    if (event.type === 'status_updated') {
      const { statusText, contextLeftPercent, health } = event;
      send({
        type: 'status',
        health,
        ...(statusText === undefined ? {} : { statusText }),
        ...(contextLeftPercent === undefined ? {} : { contextLeftPercent }),
      });
    }
  }

  function refuse(error: unknown): void {
    const { code, message } = toFailure(error);
    send({ type: 'error', code, message });
  }

  // The screen comes first: what happens until it has come is told behind it.
  let waiting: MissionEvent[] | undefined = [];
  const leave = mission.subscribe((event) => (waiting === undefined ? tell(event) : waiting.push(event)));
  const attached = mission
    .attach(
      slotId,
      {
        snapshot: ({ sequence, columns, rows, data }) =>
          send({ type: 'screen', data, sequence, columns, rows }),
        output({ sequence, data }) {
          willAnswer();
          send({ type: 'data', data, sequence });
        },
        resized: ({ columns, rows }) => send({ type: 'resized', columns, rows }),
        exited({ code }) {
          send({ type: 'exit', code });
          socket.close(CLOSE_EXITED);
        },
      },
      options,
    )
    .then((terminal) => {
      control = terminal;
      if (gone) terminal.detach();
      const slot = mission.slot(slotId);
      tellState(slot, slot.state);
      if (slot.pendingConfirmation !== undefined)
        send({ type: 'confirm', question: slot.pendingConfirmation });
      const missed = waiting ?? [];
      waiting = undefined;
      // How the slot stands and what it asks was told just now.
      for (const event of missed)
        if (event.type !== 'slot_changed' && event.type !== 'question_asked') tell(event);
      return terminal;
    });
  attached.catch((error: unknown) => {
    refuse(error);
    socket.close(CLOSE_REFUSED);
  });

  socket.on('message', (data) => {
    let json: unknown;
    try {
      json = JSON.parse(String(data));
    } catch {
      return refuse(new MissionError('input_invalid', 'Messages are JSON.'));
    }
    const message = AttachClientMessage.safeParse(json);
    if (!message.success)
      return refuse(
        new MissionError('input_invalid', `Not understood: ${sayIssues(message.error)}`, {
          cause: message.error,
        }),
      );
    const body = message.data;
    // In order: nothing overtakes what was typed before the terminal was ready.
    attached
      .then((terminal) => {
        if (body.type === 'ack') return terminal.acknowledge(body.sequence);
        return body.type === 'input' ? terminal.input(body.data) : terminal.resize(body.columns, body.rows);
      })
      .catch(refuse);
  });
  socket.on('close', () => {
    gone = true;
    leave();
    control?.detach();
  });
}
