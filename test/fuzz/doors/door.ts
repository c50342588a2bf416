import type { Random } from '../../chaos/random.ts';

/** One way in, tried with one message after the other. */
export interface Door {
  readonly name: string;
  /** Sends something nearly valid and rejects when the door does not do with it what it should. */
  attempt(random: Random): Promise<void>;
  /** Lets go of what it holds open, so that what the daemon still holds is the daemon's own. */
  rest(): Promise<void>;
  /** Rejects unless an honest request is answered as it should be. */
  honest(): Promise<void>;
}
