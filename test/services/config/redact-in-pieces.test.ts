import fc from 'fast-check';
import { expect, test } from 'vitest';
import { redact, redactInPieces } from '../../../services/config/redact.ts';
import { createAddressVeil } from '../../../services/knowledge/hide-addresses.ts';
import type { ReplacedPieces } from '../../../services/text/replace-in-pieces.ts';
import { SEED } from '../../fuzz/settings.ts';

const SECRETS = ['sk-0123456789', 'sk-01234', '89ab.*+?"cd', 'aaaaaa', '[address-1]x'];
/** Texts of secrets, their beginnings and ends, and what stands between. */
const text = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        ...SECRETS,
        'sk-',
        '0123',
        '89ab.*+?\\"cd',
        'aaa',
        '😀',
        ' ',
        '[addr',
        'ess-1]',
        '[address-12]',
      ),
      fc.constantFrom(...SECRETS).chain((secret) => fc.nat(secret.length).map((end) => secret.slice(0, end))),
      fc.string({ maxLength: 5 }),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(''));
const cuts = fc.array(fc.nat(60), { maxLength: 12 });

function inPieces(pieces: ReplacedPieces, whole: string, lengths: readonly number[]): string[] {
  const said: string[] = [];
  let from = 0;
  for (const length of lengths) {
    said.push(pieces.more(whole.slice(from, from + length)));
    from += length;
  }
  return [...said, pieces.more(whole.slice(from)), pieces.rest()];
}

test('however a text is cut, the same is taken out of it, and no secret is left', () => {
  fc.assert(
    fc.property(text, cuts, (whole, lengths) => {
      const said = inPieces(redactInPieces(SECRETS), whole, lengths);
      const once = redactInPieces(SECRETS);
      expect(said.join('')).toBe(once.more(whole) + once.rest());
      // Nothing that was said is a part of a letter.
      expect(said.filter((piece) => /[\ud800-\udbff]$/.test(piece))).toEqual([]);
      for (const secret of SECRETS) expect(said.join('').split('[secret]').join('\0')).not.toContain(secret);
    }),
    { seed: SEED },
  );
});

test('where secrets do not overlap it is what is taken out of the whole', () => {
  const apart = ['sk-0123456789', 'key-of-another'];
  const spaced = fc
    .array(fc.constantFrom(...apart, 'sk-0', 'y-of-another', 'and', '😀'), { maxLength: 10 })
    .map((parts) => parts.join(' '));
  fc.assert(
    fc.property(spaced, cuts, (whole, lengths) => {
      expect(inPieces(redactInPieces(apart), whole, lengths).join('')).toBe(redact(whole, new Set(apart)));
    }),
    { seed: SEED },
  );
});

test('without secrets everything passes at once', () => {
  expect(redactInPieces([]).more('sk-0123456789')).toBe('sk-0123456789');
});

test('hidden addresses are put back however their names are cut', () => {
  const veil = createAddressVeil();
  const [first, second] = ['10.0.0.1', '10.0.0.2'];
  veil.hide(`${first} ${second}`);
  const named = fc
    .array(
      fc.constantFrom(
        '[address-1]',
        '[address-2]',
        '[address-3]',
        '[address-',
        '[',
        'x',
        '1]',
        '[[address-2]',
      ),
      {
        maxLength: 10,
      },
    )
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(named, cuts, (whole, lengths) => {
      expect(inPieces(veil.revealInPieces(), whole, lengths).join('')).toBe(veil.reveal(whole));
    }),
    { seed: SEED },
  );
  expect(inPieces(veil.revealInPieces(), 'at [address-2].', [4, 3, 5]).join('')).toBe(`at ${second}.`);
});

test('a text without end that could always go on is not kept', () => {
  const pieces = redactInPieces(['a'.repeat(100)]);
  let said = 0;
  for (let index = 0; index < 1_000; index += 1) said += pieces.more('a'.repeat(99)).length;
  expect(said).toBeGreaterThan(980 * '[secret]'.length);
});
