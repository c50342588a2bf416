import { expect, it } from 'vitest';
import { createScreenNovelty } from '../../actors/stuck/screen-novelty.ts';

const screen = (spinner: string, rest = '● Reading the files'): string =>
  `❯ work\n\n${rest}\n\n${spinner}\n\n──────\n❯ \n──────\n`;

it.each([
  ['the first screen, which nothing stood before', []],
  [
    'a spinner that counts',
    [screen('✻ Brewing… (3s · ↓ 46 tokens)'), screen('✽ Brewing… (9s · ↓ 90 tokens)')],
  ],
  [
    'a tip below the spinner',
    [screen('✻ Brewing…\n  ⎿  Tip: try one'), screen('✢ Brewing…\n  ⎿  Tip: try two')],
  ],
  [
    'a timer behind a tool',
    [screen('', '● Bash(make) (3s)'), screen('', '● Bash(make) (1m 4s · timeout 2m)')],
  ],
])('%s is nothing new', (_, screens) => {
  const novelty = createScreenNovelty();
  const news = (screens.length === 0 ? [screen('')] : screens).map((text) => novelty.isNew(text));
  expect(news).not.toContain(true);
});

it('a screen that comes back again and again is new once', () => {
  const novelty = createScreenNovelty();
  novelty.isNew(screen('', '● one'));
  expect(novelty.isNew(screen('', '● two'))).toBe(true);
  expect(novelty.isNew(screen('', '● one'))).toBe(false);
  expect(novelty.isNew(screen('', '● two'))).toBe(false);
});

it('what a tool prints is new, also when only its numbers change', () => {
  const novelty = createScreenNovelty();
  novelty.isNew(screen('', 'test 12 ok'));
  expect(novelty.isNew(screen('', 'test 13 ok'))).toBe(true);
});
