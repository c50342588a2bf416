import { EventEmitter } from 'node:events';
import type { MissionEvent, QuestionView, SlotView } from '../../actors/mission/views.ts';
import type { MissionClient } from './connect-mission.ts';

type EventOf<Type extends MissionEvent['type']> = Extract<MissionEvent, { type: Type }>;

export interface PtySessionEvents {
  /** What the session does, and what it did before. */
  state: [state: SlotView['state'], previous: SlotView['state']];
  /** Something waits for an answer: `confirm` gives it. */
  confirm: [question: QuestionView];
  /** A turn ended with these words; `textTotalChars` says how many they were in all. */
  text: [event: EventOf<'text_complete'>];
  /** A tool has ended. */
  tool: [event: EventOf<'tool_output'>];
  /** The session has ended, or its slot is gone. */
  exit: [];
}

/** The session of a slot, for a program: what happens in it as events, what it is to do as methods. */
export class PtySession extends EventEmitter<PtySessionEvents> {
  readonly slotId: string;
  readonly #client: MissionClient;
  readonly #leave: (session: PtySession) => void;
  #state: SlotView['state'];

  /** @internal Made by `mission.pty`. */
  constructor(
    client: MissionClient,
    slot: Pick<SlotView, 'slotId' | 'state'>,
    leave: (session: PtySession) => void,
  ) {
    super();
    this.#client = client;
    this.slotId = slot.slotId;
    this.#state = slot.state;
    this.#leave = leave;
  }

  /**
   * Says something and waits for the answer.
   * @param options `timeoutMs`: how long, in milliseconds
   * @throws MissionError `slot_busy` while the session is at something, `timeout` (it goes on), …
   */
  async send(message: string, options: { readonly timeoutMs?: number } = {}): Promise<string> {
    const { response } = await this.#client.ptySend({
      slotId: this.slotId,
      message,
      waitForResponse: true,
      ...options,
    });
    return response ?? '';
  }

  /** Answers what waits: `'yes'`, `'no'`, a boolean, the number drawn before an option, or the words of its label. */
  async confirm(answer: boolean | number | string): Promise<void> {
    const plain: Readonly<Record<string, boolean>> = { yes: true, no: false };
    const response = typeof answer === 'string' ? (plain[answer] ?? answer) : answer;
    await this.#client.ptyConfirm({ slotId: this.slotId, response });
  }

  /** How the session stands. */
  async status(): Promise<SlotView | undefined> {
    return (await this.#client.ptyStatus({ slotId: this.slotId })).slots[0];
  }

  /** @param lines how many, from the end; without it what is seen now */
  async screen(lines?: number): Promise<string> {
    const asked = lines === undefined ? {} : { lines };
    return (await this.#client.ptyScreen({ slotId: this.slotId, ...asked })).screen;
  }

  async interrupt(): Promise<void> {
    await this.#client.ptyInterrupt({ slotId: this.slotId });
  }

  /** Ends the session and its process. */
  async kill(): Promise<void> {
    await this.#client.ptyKill({ slotId: this.slotId });
  }

  /** Hears no more of it; the session goes on. */
  close(): void {
    this.#leave(this);
    this.removeAllListeners();
  }

  /** @internal */
  hear(event: MissionEvent): void {
    switch (event.type) {
      case 'state_changed':
        this.#enter(event.state);
        break;
      case 'slot_changed':
        // The end of a session is told by its slot.
        if (event.slot.state === 'exited') this.#enter('exited');
        break;
      case 'question_asked':
        this.emit('confirm', event.question);
        break;
      case 'text_complete':
        this.emit('text', event);
        break;
      case 'tool_output':
        this.emit('tool', event);
        break;
      case 'slot_closed':
        this.#enter('exited');
        break;
    }
  }

  #enter(state: SlotView['state']): void {
    const previous = this.#state;
    if (state === previous) return;
    this.#state = state;
    this.emit('state', state, previous);
    if (state === 'exited') this.emit('exit');
  }
}
