import { existsSync } from 'node:fs';

/** Where a browser is; undefined, with the reason printed, when there is none. */
export function findChromium(test: string): string | undefined {
  const found = [
    process.env['CHROMIUM'],
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
  ].find((file) => file !== undefined && existsSync(file));
  if (found === undefined)
    console.warn(`${test} is skipped: no chromium is installed (apt install chromium, or set CHROMIUM).`);
  return found;
}
