const IPV4 = /(?<![\d.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\d.])/g;
const HIDDEN = /\[address-(\d+)\]/g;

/**
 * Where machines stand is nothing that a model elsewhere has to know. The same address is hidden behind the same name, so
 * that what the model writes about it can be put back.
 */
export function createAddressVeil() {
  const numbers = new Map<string, number>();
  return {
    hide: (text: string): string =>
      text.replace(IPV4, (address) => {
        const number = numbers.get(address) ?? numbers.size + 1;
        numbers.set(address, number);
        return `[address-${number}]`;
      }),
    /** Names that were never given stay as they are. */
    reveal(text: string): string {
      const addresses = [...numbers.keys()];
      return text.replace(HIDDEN, (whole, number) => addresses[Number(number) - 1] ?? whole);
    },
  };
}
