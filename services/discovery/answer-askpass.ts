import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('./askpass.mjs', import.meta.url));
/** As the server may ask by two methods; further prompts mean that it was wrong. */
const MOST_ANSWERS = 2;
const LONGEST_PROMPT = 4_096;

const shellQuoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

/** A program for SSH_ASKPASS that tells a password, and is gone when it is closed. */
export interface AskpassDoor {
  readonly program: string;
  close(): Promise<void>;
}

/**
 * Answers prompts of one ssh. The password stands in no argument, environment or file: it goes through a socket that
 * only this user reaches, and only to prompts that `isOurs` knows.
 */
export async function openAskpassDoor(
  password: string,
  isOurs: (prompt: string) => boolean,
): Promise<AskpassDoor> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'missiond-askpass-'));
  const socket = path.join(folder, 'socket');
  const program = path.join(folder, 'askpass');
  let answers = 0;
  const server = createServer({ allowHalfOpen: true }, (connection) => {
    let prompt = '';
    connection.on('error', () => {});
    connection.on('data', (data) => {
      prompt += String(data);
      if (prompt.length > LONGEST_PROMPT) connection.destroy();
    });
    connection.on('end', () => {
      const isAnswered = answers < MOST_ANSWERS && isOurs(prompt);
      if (isAnswered) answers += 1;
      connection.end(isAnswered ? password : '');
    });
  });
  const close = async (): Promise<void> => {
    server.close();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await writeFile(
      program,
      `#!/bin/sh\nexec ${[process.execPath, PROGRAM, socket].map(shellQuoted).join(' ')} "$1"\n`,
      { mode: 0o700 },
    );
    server.listen(socket);
    await once(server, 'listening');
  } catch (error) {
    await close();
    throw error;
  }
  return { program, close };
}
