import path from 'node:path';
import { MissionError } from '../errors/mission-error.ts';
import { HostName } from './listen.ts';

const DEFAULT_PORT = 9120;
const HIGHEST_PORT = 65_535;
const LEVELS = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;

export interface EnvironmentSettings {
  /** 0: any free port. */
  readonly port: number;
  /** Instead of what slots.yaml says. */
  readonly host: string | undefined;
  readonly databaseFile: string;
  readonly slotsFile: string;
  readonly logLevel: (typeof LEVELS)[number];
}

/**
 * The variables that missiond's users know.
 * @throws MissionError `config_invalid` naming the variable
 */
export function readEnvironment(env: NodeJS.ProcessEnv, home: string): EnvironmentSettings {
  // Empty counts as not set: Number('') would be 0, which means any port.
  const wantedPort = env['MISSION_WS_PORT'] || String(DEFAULT_PORT);
  const port = Number(wantedPort);
  if (!/^\d+$/.test(wantedPort) || port > HIGHEST_PORT) {
    throw new MissionError(
      'config_invalid',
      `MISSION_WS_PORT is ${JSON.stringify(env['MISSION_WS_PORT'])}, not a port.`,
      { remedy: 'Use a number from 1 to 65535, or 0 for any free port.' },
    );
  }
  const host = HostName.optional().safeParse(env['MISSION_HOST'] || undefined);
  if (!host.success) {
    throw new MissionError(
      'config_invalid',
      `MISSION_HOST is ${JSON.stringify(env['MISSION_HOST'])}, not an address or a name of a host.`,
      { remedy: 'Use an address of this machine, such as 0.0.0.0 for all; the port is MISSION_WS_PORT.' },
    );
  }
  const wanted = (env['MISSION_LOG_LEVEL'] || 'info').toLowerCase();
  const logLevel = LEVELS.find((level) => level === wanted);
  if (logLevel === undefined) {
    throw new MissionError('config_invalid', `MISSION_LOG_LEVEL is ${JSON.stringify(wanted)}.`, {
      remedy: `Use one of: ${LEVELS.join(', ')}.`,
    });
  }
  return {
    port,
    host: host.data,
    databaseFile: path.resolve(env['MISSION_DB_PATH'] || path.join(home, 'mission.db')),
    slotsFile: path.resolve(env['MISSION_SLOTS_CONFIG'] || path.join(home, 'slots.yaml')),
    logLevel,
  };
}
