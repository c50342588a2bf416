import { MissionError } from '../../services/errors/mission-error.ts';
import type { Listening } from './listen.ts';
import { type OutsideDoor, takesLoopback } from './outside-door.ts';

export interface WantedPorts {
  /** On loopback; 0: any. */
  readonly port: number;
  /** Another one will do when it is taken. */
  readonly isPreference: boolean;
  /** For others than this machine; 0: any. */
  readonly outsidePort: number;
}

/**
 * Which ports to ask for. The port that people know is that of the door for others, where there is one. Where that takes
 * loopback as well, the agents of this machine get a port of their own: the one at which they have looked before.
 * @param wanted MISSION_WS_PORT; 0: any
 * @param before the port of the last daemon of this home
 */
export function choosePorts(
  wanted: number,
  before: number | undefined,
  outside: OutsideDoor | null,
): WantedPorts {
  const isOwn = wanted === 0 || (outside !== null && takesLoopback(outside.host));
  if (!isOwn) return { port: wanted, isPreference: false, outsidePort: wanted };
  return { port: before === wanted ? 0 : (before ?? 0), isPreference: true, outsidePort: wanted };
}

/** Opens at the wanted port, or at any when it was a preference and another program has it. */
export async function openPreferring(
  { port, isPreference }: WantedPorts,
  open: (port: number) => Promise<Listening>,
): Promise<Listening> {
  try {
    return await open(port);
  } catch (error) {
    const taken =
      error instanceof MissionError && error.code === 'port_taken' && error.facts['port'] === port;
    if (!(taken && isPreference)) throw error;
    return open(0);
  }
}
