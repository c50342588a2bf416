import { type AttachTarget, openAttachment } from './open-attachment.ts';

/**
 * Prints every message as a line of JSON instead of drawing; acknowledges each when the line was taken.
 * @returns why it ended: the program's exit, or a lost connection
 */
export function printEvents(
  target: AttachTarget,
  stdout: { write(text: string, taken?: () => void): unknown },
): Promise<
  | { readonly type: 'exited'; readonly code: number | null }
  | { readonly type: 'lost'; readonly message: string }
> {
  return new Promise((resolve) => {
    const connection = openAttachment(target, {
      message(message) {
        stdout.write(`${JSON.stringify(message)}\n`, () => {
          if ('sequence' in message) connection.send({ type: 'ack', sequence: message.sequence });
        });
        if (message.type !== 'exit') return;
        connection.close();
        resolve({ type: 'exited', code: message.code });
      },
      closed: (message) => resolve({ type: 'lost', message }),
    });
  });
}
