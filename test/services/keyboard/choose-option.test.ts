import { describe, expect, it } from 'vitest';
import { dialogIdentity } from '../../../services/terminal/dialog-identity.ts';
import { permissionDialog } from './fake-terminal.ts';
import { never, setUp } from './keyboard-at-fake.ts';

describe('choose', () => {
  const LABELS = ['Yes', 'Yes, and always allow', 'Yes, and switch to auto mode', 'No'];

  it.each([
    ['Yes', 'Yes', 0],
    ['no', 'No', 3],
    ['Yes, and always', 'Yes, and always allow', 1],
    ['auto mode', 'Yes, and switch to auto mode', 2],
  ])('%s chooses %s', async (label, answered, steps) => {
    const { keyboard, state } = setUp();
    state.dialog = permissionDialog(LABELS);
    expect(await keyboard.choose(label, { signal: never })).toEqual({ ok: true });
    expect(state.answered).toBe(answered);
    expect(state.written).toEqual([...Array.from({ length: steps }, () => '\u001b[B'), '\r']);
  });

  it('waits until all of the dialog is drawn', async () => {
    const { keyboard, state } = setUp();
    state.dialog = permissionDialog(['Yes', 'No']);
    state.onLook = () => {
      if (state.clock >= 100 && state.dialog?.options.length === 2) state.dialog = permissionDialog(LABELS);
    };
    expect(await keyboard.choose('yes', { signal: never })).toEqual({ ok: true });
    expect(state.answered).toBe('Yes');
  });

  it('goes up when the option is above', async () => {
    const { keyboard, state } = setUp();
    const dialog = permissionDialog(LABELS);
    const options = dialog.options.map((option, index) => ({ ...option, highlighted: index === 3 }));
    state.dialog = { ...dialog, options };
    await keyboard.choose('Yes, and switch', { signal: never });
    expect(state.written).toEqual(['\u001b[A', '\r']);
  });

  it('presses Enter again on a dialog that does not take it yet', async () => {
    const { keyboard, state, enters } = setUp({ deafEnters: 1 });
    state.dialog = permissionDialog(LABELS);
    expect(await keyboard.choose('No', { signal: never })).toEqual({ ok: true });
    expect(enters()).toBe(2);
  });

  it.each([
    ['Maybe', 'option_unknown'],
    ['Yes,', 'option_ambiguous'],
  ])('%s: %s, and nothing is pressed', async (label, code) => {
    const { keyboard, state } = setUp();
    state.dialog = permissionDialog(LABELS);
    const result = await keyboard.choose(label, { signal: never });
    expect(result).toMatchObject({ failure: { code, remedy: expect.stringContaining('"No"') } });
    expect(state.written).toEqual([]);
  });

  it.each([3, 9])('presses nothing more once the dialog has changed (at look %i)', async (changesAtLook) => {
    const { keyboard, state } = setUp();
    state.dialog = permissionDialog(LABELS);
    state.onLook = (look) => {
      if (look === changesAtLook) state.dialog = { ...permissionDialog(LABELS), argument: 'rm -rf /' };
    };
    expect(await keyboard.choose('No', { signal: never })).toMatchObject({
      failure: { code: 'question_gone' },
    });
    expect(state.written).not.toContain('\r');
    expect(state.answered).toBeNull();
  });

  it('gives up when arrows do not move the highlight', async () => {
    const { keyboard, state } = setUp();
    state.dialog = permissionDialog(LABELS);
    state.moves = false;
    expect(await keyboard.choose('No', { signal: never })).toMatchObject({
      failure: { code: 'delivery_failed' },
    });
    expect(state.written).toEqual(['\u001b[B']);
  });

  it('presses nothing in another dialog than the one that was asked about', async () => {
    const { state, keyboard } = setUp();
    state.dialog = permissionDialog(['Yes', 'No']);
    const expected = dialogIdentity({ ...permissionDialog(['Yes', 'No']), argument: 'rm -rf /' });
    expect(await keyboard.choose('Yes', { signal: never, expected })).toMatchObject({
      failure: { code: 'question_gone' },
    });
    expect(state.written).toEqual([]);
    expect(await keyboard.choose('Yes', { signal: never, expected: dialogIdentity(state.dialog) })).toEqual({
      ok: true,
    });
  });

  it('says that there is no dialog', async () => {
    const { keyboard } = setUp();
    expect(await keyboard.choose('No', { signal: never })).toMatchObject({
      failure: { code: 'question_gone' },
    });
  });
});
