import { expect, test } from 'vitest';
import { createWriteQueue } from '../../../services/pty/write-queue.ts';

function full(): Error {
  return Object.assign(new Error('again'), { code: 'EAGAIN' });
}

test('everything arrives once and in order, however little is taken at a time', async () => {
  let taken = '';
  let calls = 0;
  const queue = createWriteQueue((bytes) => {
    calls += 1;
    if (calls % 3 === 0) throw full();
    const part = bytes.subarray(0, 7);
    taken += part.toString('latin1');
    return part.length;
  });
  await Promise.all([queue.write('a'.repeat(100)), queue.write('b'.repeat(50)), queue.write('')]);
  expect(taken).toBe('a'.repeat(100) + 'b'.repeat(50));
});

test('what the program never took is rejected with the reason when the queue is closed', async () => {
  const queue = createWriteQueue(() => {
    throw full();
  });
  const waiting = queue.write('never');
  queue.close(new Error('ended'));
  await expect(waiting).rejects.toThrow('ended');
  await expect(queue.write('later')).rejects.toThrow('ended');
});

test('a program that does not read cannot fill the memory', async () => {
  const queue = createWriteQueue(() => {
    throw full();
  });
  const first = queue.write('x'.repeat(16 * 1024 * 1024));
  await expect(queue.write('one more')).rejects.toThrow('does not read');
  queue.close(new Error('ended'));
  await expect(first).rejects.toThrow('ended');
});

test('an error that is not about room ends the queue', async () => {
  const queue = createWriteQueue(() => {
    throw Object.assign(new Error('EIO'), { code: 'EIO' });
  });
  await expect(queue.write('x')).rejects.toThrow('EIO');
});
