import path from 'node:path';
import { z } from 'zod';
import { fileMark } from '../config/file-mark.ts';
import { readYamlFile } from '../config/yaml-file.ts';
import type { CountedTokens } from '../ledger/token-ledger.ts';

/** Dollars for a million tokens. */
const Price = z.strictObject({
  input: z.number().nonnegative(),
  output: z.number().nonnegative(),
  /** A tenth of the input, unless it is named. */
  cacheRead: z.number().nonnegative().optional(),
  /** Kept for five minutes: a quarter more than the input. */
  cacheWrite: z.number().nonnegative().optional(),
  /** Kept for an hour: twice the input. */
  cacheWriteLong: z.number().nonnegative().optional(),
});
type Price = z.output<typeof Price>;

/** By the beginning of a model's name; the longest one that fits counts. */
const Prices = z.record(z.string().min(1), Price);
export type Prices = z.output<typeof Prices>;

/** As they were published; `prices.yaml` in the home adds and replaces. */
const PUBLISHED: Prices = {
  'claude-3-haiku': { input: 0.25, output: 1.25 },
  'claude-3-5-haiku': { input: 0.8, output: 4 },
  'claude-haiku-4-5': { input: 1, output: 5 },
  'claude-3-5-sonnet': { input: 3, output: 15 },
  'claude-3-7-sonnet': { input: 3, output: 15 },
  'claude-sonnet-4': { input: 3, output: 15 },
  'claude-3-opus': { input: 15, output: 75 },
  'claude-opus-4': { input: 15, output: 75 },
  'claude-opus-4-5': { input: 5, output: 25 },
  'claude-opus-4-6': { input: 5, output: 25 },
  'claude-opus-4-7': { input: 5, output: 25 },
};

const MILLION = 1_000_000;

function priceOf(prices: Prices, model: string): Price | undefined {
  const [best] = Object.keys(prices)
    .filter((name) => model.startsWith(name))
    .sort((a, b) => b.length - a.length);
  return best === undefined ? undefined : prices[best];
}

/** What tokens of a model cost, in dollars; null for a model without a price. */
export function costOf(prices: Prices, model: string, tokens: CountedTokens): number | null {
  const price = priceOf(prices, model);
  if (price === undefined) return null;
  const { input, output } = price;
  return (
    (tokens.input * input +
      tokens.output * output +
      tokens.cacheRead * (price.cacheRead ?? input / 10) +
      tokens.cacheWrite * (price.cacheWrite ?? input * 1.25) +
      tokens.cacheWriteLong * (price.cacheWriteLong ?? input * 2)) /
    MILLION
  );
}

/**
 * The prices that count: those of the package, and those of `prices.yaml` in the home, which is read again when it changes.
 * @returns throws MissionError `config_invalid` with line and column when the file has an error
 */
export function createPrices(home: string): () => Prices {
  const file = path.join(home, 'prices.yaml');
  let seen: string | null = null;
  let own: Prices = {};
  return () => {
    const mark = fileMark(file)?.text ?? null;
    if (mark !== seen) {
      own =
        mark === null
          ? {}
          : readYamlFile(file, Prices, { code: 'config_invalid', knownKeys: Object.keys(Price.shape) });
      seen = mark;
    }
    return { ...PUBLISHED, ...own };
  };
}
