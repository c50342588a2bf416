import type { AttachEnd } from './attach-session.ts';
import { type AttachTarget, openAttachment } from './open-attachment.ts';

export interface EventOutput {
  write(text: string, taken?: () => void): unknown;
  /** Its reader has gone: `… | head` has seen enough. */
  once(event: 'error', gone: () => void): unknown;
  off(event: 'error', gone: () => void): unknown;
}

/**
 * Prints every message as a line of JSON instead of drawing; acknowledges each when the line was taken.
 * @returns why it ended
 */
export async function printEvents(target: AttachTarget, stdout: EventOutput): Promise<AttachEnd> {
  let tellEnd: (end: AttachEnd) => void = () => {};
  const end = new Promise<AttachEnd>((resolve) => {
    tellEnd = resolve;
  });
  let shown = false;
  const connection = openAttachment(target, {
    message(message) {
      stdout.write(`${JSON.stringify(message)}\n`, () => {
        if ('sequence' in message) connection.send({ type: 'ack', sequence: message.sequence });
      });
      if (message.type === 'screen') shown = true;
      if (message.type === 'exit') tellEnd({ type: 'exited', code: message.code });
      // Before the first screen nothing can follow.
      if (message.type === 'error' && !shown) tellEnd({ type: 'refused', message: message.message });
    },
    closed: (message) => tellEnd({ type: 'lost', message }),
  });
  const left = (): void => tellEnd({ type: 'detached' });
  stdout.once('error', left);
  try {
    return await end;
  } finally {
    stdout.off('error', left);
    connection.close();
  }
}
