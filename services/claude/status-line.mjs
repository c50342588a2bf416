// Claude Code runs this for its status line and for hooks that it does not send over HTTP itself:
//   node status-line.mjs status|hook DOOR.json
// DOOR.json (mode 0600) holds {statusLineUrl, hookUrl, token}; the token is in no argument and no variable.
// It copies standard input to the daemon and prints the answer. When the daemon is away it prints a harmless row,
// or nothing, and ends at once: a session must never wait for us. Plain JavaScript, because it runs as it is.
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { text } from 'node:stream/consumers';

/** A status row is worth a moment, not a pause. A hook may wait for a person; Claude Code itself ends it in time. */
const STATUS_WITHIN_MS = 1_000;
const AWAY = 'missiond: away';

const [mode, doorFile = ''] = process.argv.slice(2);

/** Proves that this run calls hooks, also to a daemon that is away just now. */
function noteCalled(hookUrl) {
  try {
    writeFileSync(path.join(path.dirname(doorFile), 'hook-called'), hookUrl, { mode: 0o600 });
  } catch {
    // A full disk: the daemon may hear of it all the same.
  }
}

async function ask() {
  const body = await text(process.stdin);
  const { statusLineUrl, hookUrl, token } = JSON.parse(readFileSync(doorFile, 'utf8'));
  if (mode === 'hook') noteCalled(hookUrl);
  // Not fetch: it gives up after 300 s without an answer, and a person may take longer.
  const request = http.request(mode === 'hook' ? hookUrl : statusLineUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    ...(mode === 'hook' ? {} : { signal: AbortSignal.timeout(STATUS_WITHIN_MS) }),
  });
  request.end(body);
  const [response] = await once(request, 'response');
  const answer = await text(response);
  return response.statusCode === 200 ? answer : null;
}

const answer = await ask().catch(() => null);
if (mode === 'hook') process.stdout.write(answer ?? '');
else process.stdout.write(`${(answer ?? AWAY).split('\n', 1)[0] || 'missiond'}\n`);
