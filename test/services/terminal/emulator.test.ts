import { expect, it } from 'vitest';
import { createEmulator } from '../../../services/terminal/emulator.ts';

it.each([
  ['a family', '👩‍👩‍👧', 2],
  ['a flag', '🇩🇪', 2],
  ['a letter with a combining accent', 'e\u0301', 1],
  ['an ideograph', '漢', 2],
])('%s is as wide as Claude Code counts it', async (_, text, width) => {
  const emulator = createEmulator({ columns: 20, rows: 2, scrollback: 0, onReply: () => {} });
  await new Promise<void>((parsed) => emulator.terminal.write(text, parsed));
  expect(emulator.terminal.buffer.active.cursorX).toBe(width);
  emulator.dispose();
});
