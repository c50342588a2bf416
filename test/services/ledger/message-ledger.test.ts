import { expect, test } from 'vitest';
import { MessageId } from '../../../db/ids.ts';
import { openDatabase } from '../../../db/open.ts';
import { createMessageLedger } from '../../../services/ledger/message-ledger.ts';

test('what has come to its end is forgotten after its time; what still waits never is', () => {
  const database = openDatabase(':memory:');
  const ledger = createMessageLedger(database.db);
  const add = (
    number: number,
    status: 'pending' | 'delivered' | 'acknowledged' | 'dead',
    createdAt: number,
  ) =>
    ledger.add({
      id: MessageId.parse(`00000000-0000-4000-8000-00000000000${number}`),
      sender: 'person',
      senderRole: null,
      receiver: 'slot:a-1',
      addressee: 'a-1',
      replyTo: null,
      conversationId: MessageId.parse(`00000000-0000-4000-8000-00000000000${number}`),
      body: 'words',
      inboxOnly: false,
      status,
      createdAt,
    });
  const old = [add(1, 'pending', 1), add(2, 'delivered', 1), add(3, 'acknowledged', 1), add(4, 'dead', 1)];
  const young = add(5, 'delivered', 20);
  ledger.throwAway(10);
  expect(
    [...old, young].filter(({ id }) => ledger.get(id) !== undefined).map(({ status }) => status),
  ).toEqual(['pending', 'delivered']);
  expect(ledger.get(young.id)).toBeDefined();
  database.close();
});
