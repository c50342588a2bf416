import { expect, it } from 'vitest';
import { createScreenNovelty } from '../../actors/stuck/screen-novelty.ts';

const screen = (spinner: string, rest = '● Reading the files'): string =>
  `❯ work\n\n${rest}\n\n${spinner}\n\n──────\n❯ \n──────\n`;

it.each([
  ['the first screen, which nothing stood before', []],
  [
    'a spinner that counts',
    [screen('✻ Brewing… (3s · ↓ 46 tokens)'), screen('✽ Brewing… (9s · ↓ 46 tokens · thinking)')],
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

it.each([
  ['✻ Brewing… (3s · ↓ 46 tokens)', '✻ Brewing… (9s · ↓ 90 tokens · thinking)'],
  [
    '✢ Brewing… (esc to interrupt · 59s · ↑ 950 tokens)',
    '· Brewing… (esc to interrupt · 1m 2s · ↓ 1.1k tokens)',
  ],
])('more tokens behind the spinner are new (%s)', (before, after) => {
  const novelty = createScreenNovelty();
  novelty.isNew(screen(before));
  expect(novelty.isNew(screen(after))).toBe(true);
  expect(novelty.isNew(screen(after))).toBe(false);
});

it('an answer that speaks of tokens counts none', () => {
  const novelty = createScreenNovelty();
  const said = (tokens: number) => screen('✻ Brewing… (3s)', `● It used ↓ ${tokens} tokens`);
  for (const tokens of [1, 2]) novelty.isNew(said(tokens));
  expect(novelty.isNew(said(2))).toBe(false);
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
