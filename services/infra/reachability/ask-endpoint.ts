import http from 'node:http';
import https from 'node:https';
import { connectionTrouble } from './connection-trouble.ts';
import { type Looked, REACHABLE, unreachable } from './way.ts';

/**
 * Asks a health endpoint. Well is what answers 2xx; a redirect leads elsewhere and is not followed. Of the answer only
 * its status is read.
 */
export function askEndpoint(address: string, signal: AbortSignal): Promise<Looked> {
  const url = new URL(address);
  const { request } = url.protocol === 'https:' ? https : http;
  return new Promise((resolve) => {
    const asked = request(
      url,
      {
        agent: false,
        signal,
        headers: { 'user-agent': 'missiond' },
        // Whatever NODE_TLS_REJECT_UNAUTHORIZED says.
        rejectUnauthorized: true,
      },
      (response) => {
        const { statusCode = 0 } = response;
        response.destroy();
        resolve(
          statusCode >= 200 && statusCode < 300
            ? REACHABLE
            : unreachable(`it answers with status ${statusCode}`),
        );
      },
    );
    asked.on('error', (error) =>
      resolve(unreachable(signal.aborted ? 'no answer in time' : connectionTrouble(error))),
    );
    asked.end();
  });
}
