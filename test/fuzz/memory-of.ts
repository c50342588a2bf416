import { once } from 'node:events';
import { WebSocket } from 'ws';
import { z } from 'zod';

const Answer = z.looseObject({ id: z.number().optional(), result: z.unknown() });
const Evaluated = z.looseObject({ result: z.looseObject({ value: z.string() }) });
const Memory = z.looseObject({ heapUsed: z.number(), external: z.number(), rss: z.number() });

export interface InspectedProcess {
  /** What is still held after the garbage has been collected, in megabytes. */
  heldMegabytes(): Promise<number>;
  close(): void;
}

/** Talks to the inspector of a Node that was started with `--inspect`: garbage can be collected from outside only so. */
export async function inspectProcess(url: string): Promise<InspectedProcess> {
  const socket = new WebSocket(url);
  await once(socket, 'open');
  const waiting = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>();
  socket.on('message', (data) => {
    const { id = 0, result } = Answer.parse(JSON.parse(String(data)));
    waiting.get(id)?.resolve(result);
    waiting.delete(id);
  });
  socket.once('close', () => {
    for (const { reject } of waiting.values()) reject(new Error('the process has ended'));
  });
  let last = 0;

  function call(method: string, params: object = {}): Promise<unknown> {
    last += 1;
    const id = last;
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject });
      socket.send(JSON.stringify({ id, method, params }));
    });
  }

  return {
    async heldMegabytes() {
      // What has a finaliser is free after the second time only.
      for (let time = 0; time < 3; time += 1) await call('HeapProfiler.collectGarbage');
      const expression = 'JSON.stringify(process.memoryUsage())';
      const { result } = Evaluated.parse(await call('Runtime.evaluate', { expression }));
      const { heapUsed, external } = Memory.parse(JSON.parse(result.value));
      return (heapUsed + external) / 1024 ** 2;
    },
    close: () => socket.terminate(),
  };
}
