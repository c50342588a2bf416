import type { IncomingMessage } from 'node:http';
import { MissionError } from '../services/errors/mission-error.ts';
import { ErrorBody, toldError } from './error-body.ts';

/** An error reply is one line of JSON. */
const MOST_REPLY_CHARACTERS = 64 * 1024;

/** Why a WebSocket was not opened, in the words of the daemon. Never rejects. */
export async function refusedUpgrade(response: IncomingMessage): Promise<MissionError> {
  let body = '';
  try {
    response.setEncoding('utf8');
    for await (const data of response) {
      body += String(data);
      if (body.length > MOST_REPLY_CHARACTERS) break;
    }
    return toldError(ErrorBody.parse(JSON.parse(body)));
  } catch (cause) {
    return new MissionError('internal', `The daemon answered with status ${response.statusCode ?? 0}.`, {
      cause,
    });
  }
}
