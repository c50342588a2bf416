// A thread that speaks as a backend which embeds, so that the loop that is measured does nothing of it.
import { createServer } from 'node:http';
import { json as readJson } from 'node:stream/consumers';
import { parentPort, workerData } from 'node:worker_threads';
import { z } from 'zod';
import { createRandom } from '../chaos/random.ts';

/** So many different vectors are written out once; which one a text gets makes no difference to the work. */
const VECTORS = 256;

const port = parentPort;
if (port === null) throw new Error('embedding-stub-main is a thread of the benchmark');
const { dimensions } = z.object({ dimensions: z.number().int() }).parse(workerData);
const { next: random } = createRandom(11);
const written = Array.from({ length: VECTORS }, () =>
  JSON.stringify(Array.from({ length: dimensions }, () => random() - 0.5)),
);
const Body = z.object({ input: z.array(z.string()) });

let given = 0;
const server = createServer((request, response) => {
  readJson(request)
    .then((body) => {
      const data = Body.parse(body).input.map((_, index) => {
        given += 1;
        return `{"object":"embedding","index":${index},"embedding":${written[given % VECTORS]}}`;
      });
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(
        `{"object":"list","model":"e","data":[${data.join()}],"usage":{"prompt_tokens":7,"total_tokens":7}}`,
      );
    })
    .catch(() => response.destroy());
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  port.postMessage(address !== null && typeof address === 'object' ? address.port : 0);
});
