import { execFile } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterEach, expect, test, vi } from 'vitest';
import {
  createDrawingProcess,
  type DrawingProcess,
  type DrawingProcessOptions,
} from '../../../services/screenshots/start-drawing.ts';
import { DIST } from '../../e2e/world.ts';

const STAND_IN = new URL('../../fixtures/drawing-program.mjs', import.meta.url);
const BUILT = pathToFileURL(path.join(DIST, 'services', 'screenshots', 'drawing-main.js'));
const ORDER = { columns: 20, rows: 2, secrets: [], format: 'png' as const, scale: 1, at: 0 };
const SOON = { timeout: 20_000, interval: 20 };

const opened: DrawingProcess[] = [];
afterEach(() => Promise.all(opened.splice(0).map((one) => one.close())));

function begin(options: DrawingProcessOptions = {}): DrawingProcess {
  const drawing = createDrawingProcess({ program: STAND_IN, ...options });
  opened.push(drawing);
  return drawing;
}
const pidOf = async (drawing: DrawingProcess, data = 'draw'): Promise<number> =>
  Number(Buffer.from((await drawing.draw({ ...ORDER, data })).bytes).toString());
function lives(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test('the built program draws a PNG', async () => {
  const { bytes, width, height } = await begin({ program: BUILT }).draw({ ...ORDER, data: 'hello' });
  expect(Buffer.from(bytes).subarray(1, 4).toString()).toBe('PNG');
  expect([width, height]).toEqual([180, 36]);
});

test('one process draws one picture after the other, and ends when nobody has wanted one for a while', async () => {
  const drawing = begin({ idleMs: 50 });
  const [first, second] = await Promise.all([pidOf(drawing), pidOf(drawing)]);
  expect(second).toBe(first);
  await vi.waitFor(() => expect(lives(first ?? 0)).toBe(false), SOON);
  expect(await pidOf(drawing)).not.toBe(first);
});

test('a drawing that takes the process down is one failed picture, and the next one is drawn', async () => {
  const drawing = begin();
  await expect(drawing.draw({ ...ORDER, data: 'abort' })).rejects.toMatchObject({
    code: 'screenshot_failed',
  });
  expect(await pidOf(drawing)).toBeGreaterThan(0);
});

test('a drawing that never ends is given up, with its process', async () => {
  const drawing = begin({ drawnWithinMs: 3_000 });
  const first = await pidOf(drawing);
  await expect(drawing.draw({ ...ORDER, data: 'hang' })).rejects.toMatchObject({ code: 'timeout' });
  await vi.waitFor(() => expect(lives(first)).toBe(false), SOON);
  expect(await pidOf(drawing)).not.toBe(first);
});

test('nothing is left when it is closed', async () => {
  const drawing = begin();
  const pid = await pidOf(drawing);
  await drawing.close();
  expect(lives(pid)).toBe(false);
});

test('it ends with whoever has started it, and does not keep them', async () => {
  const source = fileURLToPath(new URL('../../../services/screenshots/start-drawing.ts', import.meta.url));
  const script = `const { createDrawingProcess } = await import(${JSON.stringify(source)});
    const drawing = createDrawingProcess({ program: new URL(${JSON.stringify(STAND_IN.href)}) });
    const { bytes } = await drawing.draw(${JSON.stringify({ ...ORDER, data: 'draw' })});
    console.log(Buffer.from(bytes).toString());`;
  const printed = await new Promise<string>((resolve, reject) =>
    execFile(
      process.execPath,
      ['--import', 'tsx', '--input-type=module', '--eval', script],
      (error, stdout) => (error === null ? resolve(stdout) : reject(error)),
    ),
  );
  expect(Number(printed)).toBeGreaterThan(0);
  await vi.waitFor(() => expect(lives(Number(printed))).toBe(false), SOON);
});
