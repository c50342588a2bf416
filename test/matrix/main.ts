import { parseArgs } from 'node:util';
import { PINNED_CLAUDE_CODE } from '../../services/claude/pinned-version.ts';
import { type Cell, play } from './play.ts';
import { matrixReport } from './report.ts';
import { situations } from './situations.ts';

/** Old, older and newer faces: what is typed, pasted and taken as a command differs between them. */
const VERSIONS = ['2.0.60', '2.1.30', '2.1.150', PINNED_CLAUDE_CODE];

const HELP = `Usage: npm run matrix [-- VERSION…] [options]

Sends every kind of text to a real Claude Code in every situation, with the scripted model and a HOME
of its own, and prints what became of it: ok (the model received the same words), refused (nothing was
sent, and the error says why), or WRONG. It ends with status 1 when something was wrong.
Default: ${VERSIONS.join(', ')}.

  --only NAME[,NAME…]     only these situations; names may be cut short
  --payload NAME[,NAME…]  only these payloads; names may be cut short
  --screens               print the screen of what went wrong
  --json                  one line of JSON a delivery, on standard output
  --list                  name the situations
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string' },
    payload: { type: 'string' },
    screens: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const tell = (sentence: string) => process.stderr.write(`${sentence}\n`);

function isNamed(list: string | undefined, name: string): boolean {
  return list === undefined || list.split(',').some((start) => name.startsWith(start));
}

async function main(): Promise<number> {
  if (values.help || values.list) {
    process.stdout.write(values.help ? HELP : `${Object.keys(situations).join('\n')}\n`);
    return 0;
  }
  const cells: Cell[] = [];
  for (const version of positionals.length > 0 ? positionals : VERSIONS) {
    await play({
      version,
      situations: Object.entries(situations).filter(([name]) => isNamed(values.only, name)),
      isWanted: (payload) => isNamed(values.payload, payload),
      onProgress: tell,
      onCell(cell, screen) {
        cells.push(cell);
        const { outcome } = cell;
        const told = outcome.result === 'wrong' ? `WRONG ${outcome.why}` : outcome.result;
        tell(`${version}, ${cell.situation}, ${cell.payload}: ${told}`);
        if (outcome.result === 'wrong' && values.screens) tell(screen);
        if (values.json) process.stdout.write(`${JSON.stringify(cell)}\n`);
      },
    });
  }
  if (!values.json) process.stdout.write(matrixReport(cells));
  return cells.some(({ outcome }) => outcome.result === 'wrong') ? 1 : 0;
}

process.exit(await main());
