import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { WebSocket } from 'ws';
import { AttachServerMessage } from '../../../server/attach/protocol.ts';
import { type OpenDoors, openDoors } from '../open-doors.ts';
import { type Message, openViewer, type Viewer } from './open-viewer.ts';

/** Far more than what a viewer may leave unacknowledged. */
const LOUD_LINES = 20_000;
/** What a viewer may leave unacknowledged, as JSON and with the messages around it. */
const MOST_BUFFERED_BYTES = 2 * 1024 * 1024;

let doors: OpenDoors;
const viewers: Viewer[] = [];
beforeAll(async () => {
  doors = await openDoors();
  await doors.client.ptySpawn({ slotId: 'coder-1' });
});
afterEach(async () => {
  for (const { socket } of viewers) socket.terminate();
  await Promise.all(viewers.splice(0).map(({ closed }) => closed));
});
afterAll(async () => {
  expect(doors.errors()).toEqual([]);
  await doors.close();
});

async function attach(query = '', slotId = 'coder-1'): Promise<Viewer> {
  const viewer = await openViewer(doors, `/pty/${slotId}${query}`);
  viewers.push(viewer);
  return viewer;
}

/** A line that is waited for is cut into no more pieces. */
const PIECES = 8;
const drawingsOf = (messages: readonly Message[]): string =>
  messages.map(({ type, data }) => (type === 'screen' || type === 'data' ? String(data) : '')).join('');
/** Everything drawn so far. */
const drawn = ({ messages }: Viewer): string => drawingsOf(messages);
/** Resolves when the text is drawn, from now on or before. */
async function untilDrawn(viewer: Viewer, text: string): Promise<void> {
  if (!drawn(viewer).includes(text))
    await viewer.until(() => drawingsOf(viewer.messages.slice(-PIECES)).includes(text));
}
const isScreen = ({ type }: { readonly type: string }): boolean => type === 'screen';
const isError = ({ type }: { readonly type: string }): boolean => type === 'error';
const sequencesOf = ({ messages }: Viewer): readonly number[] =>
  messages.flatMap(({ type, sequence }) => (type === 'screen' || type === 'data' ? [Number(sequence)] : []));

describe('/pty/<slot>', () => {
  test('shows the screen with its sequence number, then output with growing ones', async () => {
    const viewer = await attach();
    await untilDrawn(viewer, 'ready');
    expect(viewer.messages[0]).toMatchObject({ type: 'screen', columns: 140, rows: 45 });
    await viewer.until(({ type }) => type === 'state');
    viewer.send({ type: 'input', data: 'good morning\r' });
    await untilDrawn(viewer, 'heard good morning');
    const sequences = sequencesOf(viewer);
    expect(sequences).toEqual([...new Set(sequences)].sort((a, b) => a - b));
    for (const message of viewer.messages)
      expect(AttachServerMessage.safeParse(message).error).toBeUndefined();
  });

  test('a viewer that comes back is given exactly what it missed', async () => {
    const [first, second] = [await attach('?readonly=1'), await attach()];
    await first.until(isScreen);
    const since = sequencesOf(first).at(-1);
    first.socket.terminate();
    second.send({ type: 'input', data: 'while away\r' });
    await untilDrawn(second, 'heard while away');
    const back = await attach(`?readonly=1&since=${since}`);
    await untilDrawn(back, 'heard while away');
    expect(back.messages.filter(isScreen)).toEqual([]);
    expect(drawn(back)).toBe(
      second.messages
        .filter(({ type, sequence }) => type === 'data' && Number(sequence) > Number(since))
        .map(({ data }) => data)
        .join(''),
    );
  });

  test('one that asks for what was never said is given the screen', async () => {
    const viewer = await attach('?since=999999999');
    await viewer.until(isScreen);
    expect(viewer.messages[0]?.type).toBe('screen');
  });

  test('is resized by who may type, and takes its own size again when the last of them has left', async () => {
    const [watcher, person] = [await attach('?readonly=1'), await attach()];
    await Promise.all([watcher.until(isScreen), person.until(isScreen)]);
    person.send({ type: 'resize', columns: 100, rows: 30 });
    await watcher.until(({ type, columns, rows }) => type === 'resized' && columns === 100 && rows === 30);
    await untilDrawn(watcher, 'size 100x30');
    person.socket.close();
    await watcher.until(({ type, columns, rows }) => type === 'resized' && columns === 140 && rows === 45);
    await untilDrawn(watcher, 'size 140x45');
  });

  test.each(['1', 'true'])('with readonly=%s nothing is typed and nothing resized', async (readonly) => {
    const [watcher, person] = [await attach(`?readonly=${readonly}`), await attach()];
    watcher.send({ type: 'input', data: 'may only look\r' });
    watcher.send({ type: 'resize', columns: 50, rows: 20 });
    await watcher.until(() => watcher.messages.filter(isError).length === 2);
    for (const refusal of watcher.messages.filter(isError))
      expect(refusal).toMatchObject({ code: 'not_authorised', message: expect.stringMatching(/read-only/) });
    person.send({ type: 'input', data: 'may type\r' });
    await untilDrawn(person, 'heard may type');
    expect(drawn(person)).not.toContain('may only look');
    expect(person.messages.filter(({ type }) => type === 'resized')).toEqual([]);
  });

  test('what cannot be understood is answered, and the connection stays', async () => {
    const viewer = await attach();
    const bad = [
      '',
      '{',
      '[]',
      'null',
      '{"type":"nothing"}',
      '{"type":"input","data":5}',
      '{"type":"resize","columns":1,"rows":1}',
      '{"type":"resize","columns":1e9,"rows":24}',
      '{"type":"ack","sequence":-1}',
      `{"type":"input","data":"${'x'.repeat(1024 * 1024 + 1)}"}`,
      Buffer.from([0xff, 0x00, 0xfe]),
    ];
    for (const frame of bad) viewer.socket.send(frame);
    await viewer.until(() => viewer.messages.filter(isError).length === bad.length);
    for (const refusal of viewer.messages.filter(isError))
      expect(refusal).toMatchObject({ code: 'input_invalid', message: expect.stringMatching(/./) });
    viewer.send({ type: 'input', data: 'still here\r' });
    await untilDrawn(viewer, 'heard still here');
  });

  test.each<[string, (socket: WebSocket) => void, number]>([
    ['a message larger than the door', (socket) => socket.send('x'.repeat(5 * 1024 * 1024)), 1009],
    ['text that is no text', (socket) => socket.send(Buffer.from([0xff]), { binary: false }), 1007],
  ])('%s closes that connection alone', async (_, send, code) => {
    const [bad, other] = [await attach(), await attach()];
    send(bad.socket);
    expect(await bad.closed).toBe(code);
    other.send({ type: 'input', data: `after ${code}\r` });
    await untilDrawn(other, `heard after ${code}`);
  });

  test.each([
    ['a slot that does not run', '/pty/researcher-1', 'slot_not_running', 4001],
    ['an unknown slot', '/pty/ghost', 'slot_unknown', 4001],
    ['what is no name of a slot', '/pty/-slot', 'input_invalid', 4004],
    ['a sequence that is none', '/pty/coder-1?since=x', 'input_invalid', 4004],
    ['a wish that is none', '/pty/coder-1?readonly=perhaps', 'input_invalid', 4004],
  ])('%s is refused with a reason and a code', async (_, address, code, closed) => {
    const viewer = await openViewer(doors, address);
    expect(await viewer.until(isError)).toMatchObject({ code });
    expect(await viewer.closed).toBe(closed);
  });

  test('an end is told with its code to everybody who looks', async () => {
    await doors.client.ptySpawn({ slotId: 'coder-2' });
    const [one, two] = [await attach('', 'coder-2'), await attach('?readonly=1', 'coder-2')];
    await Promise.all([untilDrawn(one, 'ready'), untilDrawn(two, 'ready')]);
    one.send({ type: 'input', data: 'exit 3\r' });
    for (const viewer of [one, two]) {
      expect(await viewer.until(({ type }) => type === 'exit')).toMatchObject({ code: 3 });
      expect(await viewer.closed).toBe(4003);
    }
  });

  test('one that never reads costs nothing, and others go on', async () => {
    const dead = await attach('?readonly=1');
    await dead.until(isScreen);
    const known = new Set(doors.app.websocketServer.clients);
    dead.socket.pause();
    const alive = await attach();
    alive.socket.on('message', (data) => {
      const message = AttachServerMessage.parse(JSON.parse(String(data)));
      if (message.type === 'data') alive.send({ type: 'ack', sequence: message.sequence });
      for (const socket of known) most = Math.max(most, socket.bufferedAmount);
    });
    let most = 0;
    alive.send({ type: 'input', data: `loud ${LOUD_LINES}\r` });
    await untilDrawn(alive, `heard loud ${LOUD_LINES}`);
    expect(most).toBeLessThan(MOST_BUFFERED_BYTES);
    // It reads again, and tells what it has drawn: it is given the screen as it stands.
    dead.socket.resume();
    const acknowledge = (): void => {
      const sequence = sequencesOf(dead).at(-1);
      if (dead.messages.filter(isScreen).length < 2) dead.send({ type: 'ack', sequence });
    };
    dead.socket.on('message', acknowledge);
    acknowledge();
    await dead.until(() => dead.messages.filter(isScreen).length === 2);
    expect(String(dead.messages.findLast(isScreen)?.['data'])).toContain(`heard loud ${LOUD_LINES}`);
  });
});
