import { once } from 'node:events';
import http from 'node:http';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { Role } from '../../db/ids.ts';
import { openDoors } from './open-doors.ts';

test('an address in slots.yaml is told of a task that failed', async () => {
  let posted = (_: unknown): void => {};
  const told = new Promise((resolve) => {
    posted = resolve;
  });
  const receiver = http.createServer(async (request, response) => {
    posted(JSON.parse(await text(request)));
    response.end();
  });
  await once(receiver.listen(0, '127.0.0.1'), 'listening');
  const address = receiver.address();
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/`;
  const doors = await openDoors({ hooks: [{ on: ['task_failed'], url }] });
  try {
    const { taskId } = await doors.client.submit({
      role: Role.parse('coder'),
      prompt: 'never done',
      deadlineMs: 1,
    });
    expect(await told).toMatchObject({ event: 'task_failed', task: { id: taskId, errorCode: 'timeout' } });
  } finally {
    await doors.close();
    receiver.closeAllConnections();
    receiver.close();
  }
});
