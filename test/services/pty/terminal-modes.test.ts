import { expect, test } from 'vitest';
import { createTerminalModes } from '../../../services/pty/terminal-modes.ts';

test('a late viewer is given the hidden cursor and the mouse coding, and nothing that is at its default', () => {
  const modes = createTerminalModes();
  modes.follow('\x1b[?25l\x1b[?1000;1006h\x1b[?2004h');
  expect(modes.restore()).toBe('\x1b[?25l\x1b[?1006h');
  modes.follow('text\x1b[?25h');
  expect(modes.restore()).toBe('\x1b[?1006h');
  modes.follow('\x1bc');
  expect(modes.restore()).toBe('');
});
