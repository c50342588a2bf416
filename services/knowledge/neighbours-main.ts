// The thread that compares vectors: it takes tenths of a second among very many, which the daemon has not.
import { parentPort, workerData } from 'node:worker_threads';
import { z } from 'zod';
import { openVectors } from '../../db/open-vectors.ts';
import { messageOf } from '../errors/message-of.ts';
import { createVectorSearch } from '../ledger/vector-search.ts';
import { type NeighbourNews, NeighbourOrder } from './neighbour-messages.ts';

const port = parentPort;
if (port === null) throw new Error('neighbours-main is a thread of the daemon, not a program');
const { databaseFile } = z.object({ databaseFile: z.string() }).parse(workerData);
const say = (news: NeighbourNews): void => port.postMessage(news);

try {
  const raw = await openVectors(databaseFile);
  const nearest = createVectorSearch(raw);
  port.on('message', (message: unknown) => {
    const order = NeighbourOrder.parse(message);
    if (order.type === 'close') {
      raw.close();
      return port.close();
    }
    const { id, question } = order;
    try {
      say({ type: 'found', id, numbers: [...nearest(question)] });
    } catch (error) {
      say({ type: 'failed', id, message: messageOf(error) });
    }
  });
  say({ type: 'ready' });
} catch (error) {
  say({ type: 'unavailable', message: messageOf(error) });
  port.close();
}
