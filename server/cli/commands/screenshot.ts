import { constants, copyFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { messageOf } from '../../../services/errors/message-of.ts';
import { MissionError } from '../../../services/errors/mission-error.ts';
import { hasCode } from '../../../services/errors/system-error.ts';
import { ptyScreenshot } from '../../tools/screenshots.ts';
import { ptyScreen } from '../../tools/terminals.ts';
import type { Command, ParsedCommand } from '../command.ts';
import { numberOf } from '../option-values.ts';
import { askOfSlot } from '../slot-named.ts';

const Format = z.enum(['png', 'svg', 'cast', 'txt']);
type Format = z.infer<typeof Format>;

/** What `--format` says, else how the file is called. */
function formatOf({ values }: ParsedCommand): Format {
  const { format, out } = values;
  const byName = typeof out === 'string' ? path.extname(out).slice(1) : '';
  if (format === undefined) return Format.safeParse(byName).data ?? 'png';
  const said = Format.safeParse(format);
  if (said.success) return said.data;
  throw new MissionError('input_invalid', `There is no format ${JSON.stringify(format)}.`, {
    remedy: `Say one of ${Format.options.join(', ')}.`,
  });
}

/** @throws MissionError `input_invalid` where a file cannot be made; one that is there stays as it is */
function make(file: string, write: () => void): void {
  try {
    write();
  } catch (cause) {
    throw new MissionError(
      'input_invalid',
      hasCode(cause, 'EEXIST')
        ? `${file} is there already.`
        : `${file} cannot be written: ${messageOf(cause)}`,
      { remedy: 'Name another file with --out.', cause },
    );
  }
}

export const screenshot: Command = {
  name: 'screenshot',
  // It writes a file wherever it is told to.
  agents: 'nothing',
  summary: 'a picture of the terminal of a slot or agent',
  usage: 'SLOT|AGENT [--out FILE] [--format png|svg|cast|txt] [--scale N] [--lines N]',
  options: {
    out: { type: 'string', short: 'o', help: 'a new file for it; its path is printed without' },
    format: {
      type: 'string',
      help: 'png, svg, cast (asciicast) or txt; default as the file is called, else png',
    },
    scale: { type: 'string', help: 'how many times as large (1 to 4)' },
    lines: { type: 'string', help: 'the last lines with what has scrolled away' },
  },
  words: [1, 1],
  async run(parsed, context) {
    const { call, print } = context;
    const [name = ''] = parsed.positionals;
    const { out } = parsed.values;
    const file = typeof out === 'string' ? path.resolve(out) : null;
    const format = formatOf(parsed);
    const lines = numberOf(parsed, 'lines', { whole: true });
    const scale = numberOf(parsed, 'scale', { whole: true });
    const wanted = lines === undefined ? {} : { lines };
    if (format === 'txt') {
      const look = (slotId: string) => call(ptyScreen.name, { slotId, ...wanted });
      const output = ptyScreen.output.parse(await askOfSlot(name, look, context));
      const text = `${output.screen}\n`;
      if (file === null) print(output, () => text);
      else {
        make(file, () => writeFileSync(file, text, { flag: 'wx', mode: 0o600 }));
        print({ slotId: output.slotId, path: file }, () => `${file}\n`);
      }
      return 0;
    }
    const take = (slotId: string) =>
      call(ptyScreenshot.name, { slotId, format, ...wanted, ...(scale === undefined ? {} : { scale }) });
    const output = ptyScreenshot.output.parse(await askOfSlot(name, take, context));
    if (file !== null) make(file, () => copyFileSync(output.path, file, constants.COPYFILE_EXCL));
    const kept = { ...output, path: file ?? output.path };
    print(kept, () => `${kept.path}\n`);
    return 0;
  },
};
