import { type ReplacedPieces, replaceInPieces } from '../text/replace-in-pieces.ts';

const IPV4 = /(?<![\d.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\d.])/g;
const HIDDEN = /\[address-(\d{1,6})\]/g;
const BEGINNING = '[address-';
const UNFINISHED = /^\[address-\d{0,6}$/;
/** Of a name with all its digits. */
const LONGEST = BEGINNING.length + 7;

/**
 * Where machines stand is nothing that a model elsewhere has to know. The same address is hidden behind the same name, so
 * that what the model writes about it can be put back.
 */
export function createAddressVeil() {
  const numbers = new Map<string, number>();
  const addresses: string[] = [];
  const addressOf = (name: string, number: string | undefined): string =>
    addresses[Number(number) - 1] ?? name;
  return {
    hide: (text: string): string =>
      text.replace(IPV4, (address) => {
        const number = numbers.get(address) ?? addresses.push(address);
        numbers.set(address, number);
        return `[address-${number}]`;
      }),
    /** Names that were never given stay as they are. */
    reveal: (text: string): string => text.replace(HIDDEN, addressOf),
    /** The same for a text that comes in pieces. */
    revealInPieces(): ReplacedPieces {
      const hidden = new RegExp(HIDDEN);
      return replaceInPieces({
        find(text, from) {
          hidden.lastIndex = from;
          const found = hidden.exec(text);
          if (found === null) return null;
          const [name, number] = found;
          return { start: found.index, end: found.index + name.length, put: addressOf(name, number) };
        },
        mayGoOn: (ending) => BEGINNING.startsWith(ending) || UNFINISHED.test(ending),
        longest: LONGEST,
      });
    },
  };
}

export type AddressVeil = ReturnType<typeof createAddressVeil>;
