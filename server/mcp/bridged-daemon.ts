import { SlotId } from '../../db/ids.ts';
import { readSlotToken } from '../../services/claude/door-file.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import type { DaemonAddress } from '../client/daemon-address.ts';
import { ensureDaemon } from '../ensure-daemon.ts';
import { isLoopback } from '../http/outside-door.ts';

function wrong(message: string, remedy: string): MissionError {
  return new MissionError('config_invalid', message, { remedy });
}

/** @throws MissionError `config_invalid` for what is no address, and for one that would carry the token in the clear */
function checkUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.pathname !== '/' || url.search !== '')
    throw wrong(
      `MISSION_URL is ${JSON.stringify(text)}, not the address of a daemon.`,
      'Write it as `missiond up` prints it: https://HOST:PORT.',
    );
  if (url.protocol === 'http:' && !isLoopback(url.hostname.replace(/^\[|\]$/g, '')))
    throw wrong(
      `${url.origin} would be given the token without TLS.`,
      'Use its https address, or a tunnel to a port of this machine.',
    );
  return url.origin;
}

/** @throws MissionError `config_invalid` when the slot has no session there */
function tokenOfSlot(home: string, slot: string): string {
  try {
    return readSlotToken(home, SlotId.parse(slot));
  } catch (cause) {
    throw new MissionError('config_invalid', `No session of ${JSON.stringify(slot)} runs in ${home}.`, {
      remedy: 'In the session of a slot mission-mcp acts as that slot; give --home of its daemon.',
      cause,
    });
  }
}

/**
 * Which daemon a bridge serves, and as whom: the one of a home, which is started when none runs, with its owner's token
 * unless MISSION_TOKEN holds another or an agent asks (in the session of a slot it acts as that slot); or the one at MISSION_URL, with MISSION_TOKEN.
 * @throws MissionError `config_invalid` for variables that cannot be used
 */
export function bridgedDaemon(home: string, env: NodeJS.ProcessEnv): () => Promise<DaemonAddress> {
  const [url, token] = [env['MISSION_URL'] || undefined, env['MISSION_TOKEN'] || undefined];
  if (url === undefined) {
    const slot = env['MISSIOND_SLOT_ID'] || undefined;
    return async () => {
      const own = token ?? (slot === undefined ? undefined : tokenOfSlot(home, slot));
      const daemon = await ensureDaemon(home, env);
      return { url: `http://127.0.0.1:${daemon.port}`, token: own ?? daemon.token };
    };
  }
  if (token === undefined)
    throw wrong(
      'MISSION_URL names a daemon, but MISSION_TOKEN is not set.',
      'Make a token where it runs: `missiond token create --role orchestrator`.',
    );
  const address = { url: checkUrl(url), token };
  return async () => address;
}
