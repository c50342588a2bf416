import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createInProcessPtyHost } from '../../../services/pty/in-process-pty-host.ts';
import type { PtyHost } from '../../../services/pty/pty-host.ts';
import { createEmulator, type Emulator } from '../../../services/terminal/emulator.ts';
import { shell } from './terminal-fixture.ts';

/** Cuts characters and control sequences in two, almost everywhere. */
const STEP_BYTES = 37;

let host: PtyHost;
let folder: string;
beforeEach(() => {
  host = createInProcessPtyHost();
  folder = mkdtempSync(path.join(tmpdir(), 'late-'));
});
afterEach(async () => {
  await host.disconnect();
  rmSync(folder, { recursive: true, force: true });
});

/** Output in the manner of Claude Code: a transcript that scrolls, and a box below it that is drawn again and again. */
function drawing(): string {
  const frames = Array.from({ length: 40 }, (_, frame) =>
    [
      `\x1b]0;${frame % 2 === 0 ? '◐' : '◑'} Claude Code\x07`,
      '\x1b[?2026h\x1b[2K\x1b[1A\x1b[2K\x1b[1A\x1b[2K\x1b[G',
      `\x1b[38;2;215;119;87m●\x1b[39m answer ${frame} 日本語 🎉\r\n`,
      `\x1b[38;5;244m${'─'.repeat(60)}\x1b[0m\r\n`,
      `❯ \x1b[7m \x1b[27m\x1b[?25l\x1b[?2026l`,
    ].join(''),
  );
  return `\x1b[?2004h\r\n\r\n${frames.join('')}`;
}

/** A viewer that draws what it is given, as a terminal would. */
async function join(
  epoch: Parameters<PtyHost['attach']>[0],
  seen: (sequence: number) => void,
): Promise<Emulator> {
  const emulator = createEmulator({ columns: 64, rows: 16, scrollback: 1_000, onReply: () => {} });
  await host.attach(epoch, {
    snapshot: ({ data }) => emulator.terminal.write(data),
    output({ data, sequence }) {
      emulator.terminal.write(data);
      seen(sequence);
    },
    resized: () => {},
    exited: () => {},
  });
  return emulator;
}

test('whenever a viewer joins, it ends with the same screen as one that saw everything', async () => {
  const bytes = Buffer.from(drawing());
  const file = path.join(folder, 'drawing');
  writeFileSync(file, bytes);
  const steps = Math.ceil(bytes.length / STEP_BYTES);
  const spec = shell(
    `stty raw -echo; while IFS= read -r -n1 _; do head -c ${STEP_BYTES} <&3; done 3< ${file}`,
    { columns: 64, rows: 16 },
  );
  await host.spawn(spec);
  let drawn: () => void = () => {};
  let sequence = 0;
  const first = await join(spec.epoch, (next) => {
    sequence = next;
    drawn();
  });
  const viewers = [first];
  for (let step = 1; step <= steps; step++) {
    const until = Math.min(step * STEP_BYTES, bytes.length);
    await host.write(spec.epoch, 'x');
    // A chunk that ends within a sequence is not shown yet; the next one brings it.
    if (step % 3 === 0) viewers.push(await join(spec.epoch, () => {}));
    if (step < steps) continue;
    await new Promise<void>((resolve) => {
      drawn = () => {
        if (sequence >= until) resolve();
      };
      drawn();
    });
  }
  const expected = await host.text(spec.epoch);
  expect(expected).toContain('answer 39 日本語 🎉');
  for (const viewer of viewers) {
    await new Promise<void>((resolve) => viewer.terminal.write('', resolve));
    expect(viewer.text()).toBe(expected);
    expect(viewer.terminal.buffer.active.cursorX).toBe(first.terminal.buffer.active.cursorX);
    expect(viewer.terminal.buffer.active.cursorY).toBe(first.terminal.buffer.active.cursorY);
    expect(viewer.terminal.modes.bracketedPasteMode).toBe(true);
    viewer.dispose();
  }
});
