// Claude Code runs this for its status line and for hooks that it does not send over HTTP itself:
//   node status-line.mjs status|hook DOOR.json
// DOOR.json (mode 0600) holds {statusLineUrl, hookUrl, token}; the token is in no argument and no variable.
// It copies standard input to the daemon and prints the answer. When the daemon is away it prints a harmless row,
// or nothing, and ends at once: a session must never wait for us. Plain JavaScript, because it runs as it is.
import { readFileSync } from 'node:fs';

/** A status row is worth a moment, not a pause. A hook may wait for a person; Claude Code itself ends it in time. */
const STATUS_WITHIN_MS = 1_000;
const AWAY = 'missiond: away';

const [mode, doorFile] = process.argv.slice(2);

async function ask() {
  const chunks = [];
  for await (const chunk of process.stdin) chunks.push(chunk);
  const { statusLineUrl, hookUrl, token } = JSON.parse(readFileSync(doorFile ?? '', 'utf8'));
  const response = await fetch(mode === 'hook' ? hookUrl : statusLineUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: Buffer.concat(chunks),
    ...(mode === 'hook' ? {} : { signal: AbortSignal.timeout(STATUS_WITHIN_MS) }),
  });
  return response.ok ? await response.text() : null;
}

const answer = await ask().catch(() => null);
if (mode === 'hook') process.stdout.write(answer ?? '');
else process.stdout.write(`${(answer ?? AWAY).split('\n', 1)[0] || 'missiond'}\n`);
