import { createKeyboard } from '../../../services/keyboard/keyboard.ts';
import { createFakeTerminal } from './fake-terminal.ts';

/** Nobody calls it off. */
export const never: AbortSignal = new AbortController().signal;

/** A keyboard at a terminal that is not there, and what Claude Code would have heard. */
export function setUp(
  options: { readonly deafEnters?: number; readonly confirms?: boolean; readonly version?: string } = {},
) {
  const heard: string[] = [];
  let confirm = () => {};
  const submitted = new Promise<void>((resolve) => {
    confirm = resolve;
  });
  const { state, terminal } = createFakeTerminal({
    deafEnters: options.deafEnters ?? 0,
    version: options.version ?? '2.1.329',
    onSubmit: (text) => {
      heard.push(text);
      if (options.confirms !== false) confirm();
    },
  });
  const enters = () => state.written.filter((data) => data === '\r').length;
  return { state, heard, submitted, keyboard: createKeyboard(terminal), enters };
}
