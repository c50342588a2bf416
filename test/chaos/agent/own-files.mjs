// The files that Claude Code keeps of itself: the transcript of the conversation, and the register of running sessions.
import { randomUUID } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';

function startTicks() {
  const stat = readFileSync('/proc/self/stat', 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
}

export function createOwnFiles({ sessionId, version }) {
  const config = path.join(process.env['HOME'] ?? '', '.claude');
  const project = path.join(config, 'projects', process.cwd().replace(/[^A-Za-z0-9]/g, '-'));
  const transcript = path.join(project, `${sessionId}.jsonl`);
  const register = path.join(config, 'sessions', `${process.pid}.json`);
  const procStart = startTicks();
  mkdirSync(path.dirname(register), { recursive: true });
  return {
    transcript,
    hasTranscript: () => existsSync(transcript),
    /** One line. The folder and the file come with the first one. */
    write({ type, content, stopReason = null, subtype }) {
      mkdirSync(project, { recursive: true });
      const message =
        type === 'system'
          ? {}
          : { message: { id: randomUUID(), role: type, content, stop_reason: stopReason } };
      const line = {
        type,
        uuid: randomUUID(),
        sessionId,
        version,
        timestamp: new Date().toISOString(),
        subtype,
        ...message,
      };
      appendFileSync(transcript, `${JSON.stringify(line)}\n`);
    },
    register(status, waitingFor) {
      const body = {
        pid: process.pid,
        procStart,
        sessionId,
        cwd: process.cwd(),
        version,
        status,
        waitingFor,
        statusUpdatedAt: Date.now(),
      };
      writeFileSync(`${register}.new`, JSON.stringify(body));
      renameSync(`${register}.new`, register);
    },
    unregister() {
      rmSync(register, { force: true });
    },
  };
}
