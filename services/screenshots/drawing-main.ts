import '../processes/small-heap.ts';
import { createDrawing } from './draw.ts';
import { DrawingOrder } from './drawing-messages.ts';
import { createPngPainter } from './png.ts';

const draw = createDrawing(createPngPainter);
let last: Promise<unknown> = Promise.resolve();

process.on('message', (message: unknown) => {
  const order = DrawingOrder.parse(message);
  // One at a time: each may take as much memory as its picture is large.
  last = last.then(async () => {
    const news = await draw(order);
    process.send?.(news);
  });
});
// The daemon has ended, or wants nothing more.
process.on('disconnect', () => process.exit(0));
// Ctrl+C at the terminal of a daemon is for the daemon.
process.on('SIGINT', () => {});
