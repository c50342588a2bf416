import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { openRecording } from '../../../services/recording/asciicast.ts';
import { createDrawing } from '../../../services/screenshots/draw.ts';
import type { Drawing } from '../../../services/screenshots/drawing-messages.ts';
import { createPngPainter } from '../../../services/screenshots/png.ts';
import { replaySnapshot } from '../../../services/terminal/replay-snapshot.ts';
import { greatestDifference, pixelsOf } from './picture-difference.ts';

const REFERENCES = fileURLToPath(new URL('./reference/', import.meta.url));
const RECORDING = fileURLToPath(new URL('../../fixtures/recordings/2.1.329-dialogs.cast', import.meta.url));
/** Another version of Skia smooths letters a little otherwise; a wrong letter differs by 20 and more. */
const TOLERANCE = 12;

const draw = createDrawing(createPngPainter);
const USUAL = { columns: 80, rows: 5, secrets: [] as string[], scale: 1, at: 0 };

async function drawn(drawing: Partial<Drawing> & { data: string }) {
  const news = await draw({ ...USUAL, format: 'png', ...drawing, id: 1 });
  if (news.type === 'failed') throw new Error(news.message);
  return news;
}
const svgOf = async (drawing: Partial<Drawing> & { data: string }): Promise<string> =>
  Buffer.from((await drawn({ ...drawing, format: 'svg' })).bytes).toString();

/** Compares with a picture that somebody has looked at; UPDATE_PICTURES=1 puts a new one in its place. */
async function looksAs(name: string, png: Uint8Array): Promise<void> {
  const file = path.join(REFERENCES, `${name}.png`);
  if (process.env['UPDATE_PICTURES'] === '1') writeFileSync(file, png);
  const { difference, ...where } = await greatestDifference(readFileSync(file), png);
  expect(difference, `${name} at ${JSON.stringify(where)}`).toBeLessThan(TOLERANCE);
}

const sgr = (codes: string, text: string): string => `\x1b[${codes}m${text}\x1b[0m`;
const each = (count: number, one: (at: number) => string): string =>
  Array.from({ length: count }, (_, at) => one(at)).join('');

describe('a picture looks as the reference does', () => {
  test.each([
    [
      'attributes',
      [
        `${sgr('1', 'bold')} ${sgr('2', 'dim')} ${sgr('3', 'italic')} ${sgr('1;3', 'both')} ${sgr('4', 'under')}`,
        `${sgr('7', 'inverse')} ${sgr('8', 'hidden')} ${sgr('9', 'strike')} ${sgr('53', 'over')} ${sgr('1;4;9;31', 'all')}`,
        `plain letters: The quick brown fox {}[]<>&"'`,
        'éàüß ñ Ω ж ∑∫√≠ → ⇒ © ™ cursor: ',
      ],
    ],
    [
      'colours',
      [
        each(16, (at) => sgr(String(at < 8 ? 30 + at : 82 + at), `${at % 10}`)) +
          each(16, (at) => sgr(String(at < 8 ? 40 + at : 92 + at), ' ')),
        each(72, (at) => sgr(`48;5;${16 + at * 3}`, ' ')),
        each(24, (at) => sgr(`48;5;${232 + at}`, ' ')),
        each(72, (at) => sgr(`48;2;${at * 3};${255 - at * 3};128`, ' ')),
      ],
    ],
    [
      'box drawing',
      [
        '┌──┬──┐ ╔══╦══╗ ╭──╮ ┏━┳━┓ ╒═╤═╕ ╓─╥─╖ ┄┅┈┉╌╍ ╱╲╳',
        '│  │  │ ║  ║  ║ │  │ ┃ ┃ ┃ │ │ │ ║ ║ ║ ┆┇┊┋╎╏ ░▒▓█',
        '├──┼──┤ ╠══╬══╣ │  │ ┣━╋━┫ ╞═╪═╡ ╟─╫─╢ ▁▂▃▄▅▆▇█ ▏▎▍▌▋▊▉',
        '└──┴──┘ ╚══╩══╝ ╰──╯ ┗━┻━┛ ╘═╧═╛ ╙─╨─╜ ▖▗▘▙▚▛▜▝▞▟▐ ╼╾',
        `${sgr('38;2;215;119;87', ' ▐▛███▜▌ ')}`,
      ],
    ],
    [
      'wide characters',
      [
        '中文字|日本語カナ|한국어|ﾊﾝ|，。「」|',
        '😀👍🏽👨‍👩‍👧🇩🇪❤️✅🚀1️⃣|',
        '✻ ⏺ ⎿ ⏵⏵ ⏸ ⧉ ❯ ✢✳✶✻✽ ◐◑ ⠋⠙ ☐☒✔⚠↓·…●|',
        sgr('1', '粗体 강조|'),
      ],
    ],
  ])('%s', async (name, lines) => {
    const { bytes } = await drawn({ columns: 72, rows: lines.length, data: lines.join('\r\n') });
    await looksAs(name.replace(' ', '-'), bytes);
  });

  test('Claude Code, from a recording', async () => {
    const { columns, rows, events } = await openRecording(RECORDING);
    let data = '';
    for await (const { at, kind, data: written } of events) {
      if (at > 8) break;
      if (kind === 'o') data += written;
    }
    const { bytes } = await drawn({ columns, rows, data });
    await looksAs('claude-code', bytes);
  });
});

test('a cell that differs is seen: the tolerance lets no other letter pass', async () => {
  const [one, other] = await Promise.all(['The word', 'The ward'].map((data) => drawn({ data })));
  expect(
    await greatestDifference(one?.bytes ?? new Uint8Array(), other?.bytes ?? new Uint8Array()),
  ).toMatchObject({
    column: 5,
    row: 0,
  });
  expect(
    (await greatestDifference(one?.bytes ?? new Uint8Array(), other?.bytes ?? new Uint8Array())).difference,
  ).toBeGreaterThan(TOLERANCE);
});

test('neighbours meet without a seam, at every size', async () => {
  for (const scale of [1, 2, 3]) {
    const { bytes } = await drawn({ data: '\x1b[?25l██\r\n██', columns: 4, rows: 2, scale });
    const { at } = await pixelsOf(bytes);
    const colours = new Set(
      Array.from({ length: 36 * scale }, (_, y) =>
        Array.from({ length: 18 * scale }, (__, x) => at(x, y).join()),
      ).flat(),
    );
    expect([...colours]).toHaveLength(1);
  }
});

describe('the cursor', () => {
  const backgroundAt = async (data: string): Promise<string> =>
    (await pixelsOf((await drawn({ data })).bytes)).at(3 * 9 + 1, 1).join();

  test('stands where it is, and is not drawn while the program hides it', async () => {
    const [shown, hidden, empty] = [
      await backgroundAt('abc'),
      await backgroundAt('abc\x1b[?25l'),
      await backgroundAt('abcdef'),
    ];
    expect(hidden).toBe(empty);
    expect(shown).not.toBe(empty);
  });
});

describe('a secret is on no picture', () => {
  const token = `sk-ant-api03-${'aB3d'.repeat(12)}`;

  test('known ones and those that look like one are painted over, and nothing else moves', async () => {
    const svg = await svgOf({
      data: `key \x1b[31mhunter2-is-\x1b[32mmine\x1b[0m end\r\n${token} after`,
      secrets: ['hunter2-is-mine'],
    });
    expect(svg).not.toMatch(/hunter2|mine|aB3d/);
    expect(svg.match(/•/g)).toHaveLength('hunter2-is-mine'.length + token.length);
    expect(svg).toMatch(/x="180"[^>]*>end</);
    expect(svg).toMatch(new RegExp(`x="${(token.length + 1) * 9}"[^>]*>after<`));
  });

  test('nor one that was too long for a row', async () => {
    const long = 'postgres://app:hunter2@db.example/orders';
    for (const data of [`DB=${long}`, `DB=${long.slice(0, 20)}\r\n   ${long.slice(20)}`]) {
      const svg = await svgOf({ columns: 30, data, secrets: [long] });
      expect(svg).not.toMatch(/hunter2|orders|example/);
      expect(svg.match(/•/g)).toHaveLength(long.length);
    }
  });

  test('also in an asciicast, and of a picture the pixels are those of dots', async () => {
    const drawing = { data: `${token}`, columns: 80, rows: 1 };
    const cast = Buffer.from((await drawn({ ...drawing, format: 'cast' })).bytes).toString();
    expect(cast).not.toContain('aB3d');
    const dots = await drawn({ ...drawing, data: '•'.repeat(token.length) });
    const { difference } = await greatestDifference((await drawn(drawing)).bytes, dots.bytes);
    expect(difference).toBe(0);
  });

  test('what a program hides is not in the SVG either', async () => {
    expect(await svgOf({ data: sgr('8', 'invisible') })).not.toContain('invisible');
  });
});

describe('no screen takes the drawing down', () => {
  test.each([
    ['a control character and half a character', 'a\u0001b\ud83dc\udc00d'],
    ['a character of no font', 'x\u{10fffd}\u{e000}y'],
    ['a hundred marks on one letter', `a${'\u0301'.repeat(100)}b`],
    ['letters that run from right to left', 'שלום عربي'],
    ['markup', '<script>alert("&")</script>'],
  ])('%s', async (_, data) => {
    await expect(drawn({ data })).resolves.toMatchObject({ width: 720 });
    const svg = await svgOf({ data });
    expect(svg).not.toMatch(/<script|[\u0000-\u0008]/);
    // Half a character cannot be written down.
    expect(Buffer.from(svg).toString()).toBe(svg);
  });

  test('a terminal that is too large is refused, one that is large becomes smaller', async () => {
    await expect(drawn({ data: 'x', columns: 1_000, rows: 1_000 })).rejects.toThrow(
      /more than a picture holds/,
    );
    const { width, height } = await drawn({ data: 'x', columns: 1_000, rows: 200, scale: 4 });
    expect(Math.max(width, height)).toBeLessThanOrEqual(8_000);
    expect(width * height).toBeLessThanOrEqual(32_000_000);
  });
});

test('lines that have scrolled away are drawn when they are asked for', async () => {
  const data = 'first\r\nsecond\r\nthird';
  expect(await svgOf({ data, rows: 2 })).not.toContain('first');
  expect(await svgOf({ data, rows: 2, lines: 3 })).toContain('first');
});

test('an asciicast draws the same cells again', async () => {
  const data = `${sgr('1;4;38;5;208', 'orange')} ${sgr('7;48;2;1;2;3', '中文')} \x1b[3;5H`;
  const { bytes } = await drawn({ data, format: 'cast', columns: 20, rows: 4 });
  const [header = '', event = ''] = Buffer.from(bytes).toString().split('\n');
  expect(JSON.parse(header)).toMatchObject({ version: 2, width: 20, height: 4 });
  const size = { columns: 20, rows: 4 };
  expect(await replaySnapshot({ ...size, data: JSON.parse(event)[2] })).toEqual(
    await replaySnapshot({ ...size, data }),
  );
});

test('where nothing makes a PNG it is said, and an SVG is made all the same', async () => {
  const without = createDrawing(() => Promise.reject(new Error('no Skia here')));
  expect(await without({ ...USUAL, id: 1, data: 'x', format: 'png' })).toMatchObject({
    reason: 'no_painter',
    message: 'no Skia here',
  });
  expect(await without({ ...USUAL, id: 2, data: 'x', format: 'svg' })).toMatchObject({ type: 'drawn' });
});
