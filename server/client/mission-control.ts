import { EventEmitter } from 'node:events';
import { z } from 'zod';
import type { MissionEvent } from '../../actors/mission/views.ts';
import { missionHome } from '../../services/config/home.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import { ensureDaemon } from '../ensure-daemon.ts';
import { connectMission, type MissionClient } from './connect-mission.ts';
import type { DaemonAddress } from './daemon-address.ts';
import { followEvents } from './follow-events.ts';
import { PtySession } from './pty-session.ts';

export interface MissionControlEvents {
  /** The daemon answers, at first and after each time that it was gone. */
  connected: [];
  /** It has gone; it is looked for until `close`. */
  disconnected: [reason: unknown];
  /** Every change, in order. */
  event: [event: MissionEvent];
}

type SpawnOptions = Omit<Parameters<MissionClient['ptySpawn']>[0], 'slotId'>;
const OfSlot = z.looseObject({ slotId: z.string() });

/** Whose session an event is of. */
function slotOf(event: MissionEvent): string | undefined {
  if (event.type === 'question_asked') return event.question.slotId;
  if (event.type === 'slot_changed') return event.slot.slotId;
  return OfSlot.safeParse(event).data?.slotId;
}

/**
 * missiond for a program that wants to hear what happens, as its users know it. `client` has every operation.
 * @example
 * const mission = new MissionControl();
 * await mission.connect();
 * const session = await mission.pty.spawn('coder-1');
 */
export class MissionControl extends EventEmitter<MissionControlEvents> {
  /** Every operation of the daemon; it needs no `connect`. */
  readonly client: MissionClient;
  /** Terminals. */
  readonly pty: {
    /**
     * Starts the session of a slot, or takes the one that runs, and waits until it is idle.
     * @param program `'claude'`, for those who know it so: what runs is what slots.yaml says
     * @throws MissionError `slot_unknown`, `launch_failed`, `timeout`, …
     */
    spawn(slotId: string, program?: 'claude' | SpawnOptions): Promise<PtySession>;
    /** Hears a session, whether it runs or not. @throws MissionError `slot_unknown` */
    attach(slotId: string): Promise<PtySession>;
    kill(slotId: string): Promise<void>;
  };
  readonly #where: { readonly home?: string } | DaemonAddress;
  readonly #sessions = new Set<PtySession>();
  #following: { readonly stop: AbortController; readonly ended: Promise<void> } | undefined;

  /** @param where a home (default: the usual one), or the address of a daemon with a token */
  constructor(where: { readonly home?: string } | DaemonAddress = {}) {
    super();
    this.#where = where;
    this.client = connectMission(where);
    this.pty = {
      spawn: async (slotId, program = {}) => {
        const session = await this.#session(slotId);
        const options = program === 'claude' ? {} : program;
        await this.client
          .ptySpawn({ slotId: session.slotId, waitForIdle: true, ...options })
          .catch((error: unknown) => {
            if (error instanceof MissionError && error.code === 'slot_already_running') return;
            session.close();
            throw error;
          });
        return session;
      },
      attach: (slotId) => this.#session(slotId),
      kill: async (slotId) => void (await this.client.ptyKill({ slotId: slotId })),
    };
  }

  /**
   * Starts the daemon of the home when none runs, and begins to hear it.
   * @throws MissionError `daemon_unreachable` when it does not answer or start
   */
  async connect(): Promise<void> {
    if (this.#following !== undefined) return;
    if (!('url' in this.#where))
      await ensureDaemon(this.#where.home ?? missionHome(process.env), process.env);
    // What a daemon that cannot be used says is told here, not to the events.
    await this.client.agents({});
    const stop = new AbortController();
    await new Promise<void>((resolve) => {
      const ended = followEvents(
        (options) => this.client.events(options),
        {
          connected: () => {
            this.emit('connected');
            resolve();
          },
          disconnected: (reason) => void this.emit('disconnected', reason),
          event: (event) => this.#hear(event),
        },
        stop.signal,
      );
      this.#following = { stop, ended };
      void ended.then(resolve);
    });
  }

  /** Hears no more. The daemon and its sessions go on. */
  async close(): Promise<void> {
    const following = this.#following;
    this.#following = undefined;
    following?.stop.abort();
    for (const session of [...this.#sessions]) session.close();
    await following?.ended;
  }

  async #session(slotId: string): Promise<PtySession> {
    await this.connect();
    const { slots } = await this.client.ptyStatus({ slotId });
    const [slot] = slots;
    if (slot === undefined) throw new MissionError('slot_unknown', `There is no slot ${slotId}.`);
    const session = new PtySession(this.client, slot, (one) => this.#sessions.delete(one));
    this.#sessions.add(session);
    return session;
  }

  #hear(event: MissionEvent): void {
    this.emit('event', event);
    const slotId = slotOf(event);
    for (const session of [...this.#sessions]) if (session.slotId === slotId) session.hear(event);
  }
}
