import path from 'node:path';
import { z } from 'zod';
import { logsFolder } from '../../../services/config/home.ts';
import { followLog } from '../../../services/diagnostics/follow-log.ts';
import { lastLines } from '../../../services/diagnostics/last-lines.ts';
import { cleanLogs, type LogFile, listLogs, searchLogs } from '../../../services/diagnostics/list-logs.ts';
import { MissionError } from '../../../services/errors/mission-error.ts';
import { slotLogFile } from '../../slot-log.ts';
import { watchStopSignals } from '../../stop-signals.ts';
import type { Command, CommandContext, ParsedCommand } from '../command.ts';
import { durationOf, numberOf } from '../option-values.ts';
import { safeJson, safeText } from '../safe-text.ts';
import { table } from '../table.ts';

const LOG_LINES = 200;
const USAGE =
  'SLOT|missiond|pty-host [--lines N] [--follow] | list | search TEXT [SLOT] | clean --older-than 30d [--dry-run]';
/** Held open by those who write them. */
const HELD_OPEN: ReadonlySet<string> = new Set(['missiond', 'pty-host', 'daemon']);
const SLOT_PREFIX = 'slot-';

/** A slot as people name it; the daemon and the pty host as their files are named. */
const shownName = ({ name }: LogFile): string =>
  name.startsWith(SLOT_PREFIX) ? name.slice(SLOT_PREFIX.length) : name;

function wrong(message: string): MissionError {
  return new MissionError('input_invalid', message, { remedy: `Usage: missiond logs ${USAGE}` });
}

/** @throws MissionError `input_invalid` when nothing has been written under that name */
async function fileOf(home: string, words: string): Promise<string> {
  const logs = await listLogs(logsFolder(home));
  const names = [...new Set(logs.map(shownName))];
  // An agent may be named as elsewhere: shop/fox is the slot shop.fox.
  const said = words.replace('/', '.');
  // Or by its name alone, where there is one of that name.
  const ofAgent = names.filter((one) => one.endsWith(`.${said}`));
  const name = names.includes(said) || ofAgent.length > 1 ? said : (ofAgent[0] ?? said);
  if (names.includes(name))
    return logs.some((log) => log.name === `${SLOT_PREFIX}${name}`)
      ? slotLogFile(home, name)
      : path.join(logsFolder(home), `${name}.log`);
  throw new MissionError('input_invalid', `There is no log of "${words}".`, {
    remedy:
      ofAgent.length > 1
        ? `Say which: ${ofAgent.join(', ')}.`
        : `There are logs of: ${names.join(', ') || 'nothing yet'}.`,
  });
}

/** @throws MissionError `input_invalid` */
function ageOf({ values }: ParsedCommand): number {
  const age = durationOf(String(values['older-than'] ?? ''));
  if (age === null) throw wrong('missiond logs clean needs --older-than, as 30d, 12h or 90m.');
  return age;
}

async function show(name: string, parsed: ParsedCommand, context: CommandContext): Promise<number> {
  const { home, json, stdout, print } = context;
  const lines = numberOf(parsed, 'lines', { whole: true }) ?? LOG_LINES;
  const file = await fileOf(home, name);
  if (parsed.values['follow'] !== true) {
    const said = await lastLines(file, lines);
    print({ logFile: file, lines: said }, () => said.map((line) => `${line}\n`).join(''));
    return 0;
  }
  const stopping = new AbortController();
  const unwatch = watchStopSignals(() => stopping.abort());
  const write = (line: string): void =>
    void stdout.write(json ? `${safeJson({ line })}\n` : `${safeText(line)}\n`);
  try {
    for await (const line of followLog(file, lines, stopping.signal)) write(line);
    return 0;
  } finally {
    unwatch();
  }
}

async function list({ home, print }: CommandContext): Promise<number> {
  const logs = await listLogs(logsFolder(home));
  print({ logs }, () =>
    table(
      ['LOG', 'KB', 'LAST CHANGE', 'FILE'],
      logs.map((log) => [
        shownName(log),
        String(Math.ceil(log.bytes / 1_024)),
        new Date(log.changedAt).toISOString(),
        log.file,
      ]),
    ),
  );
  return 0;
}

async function search(text: string, name: string | undefined, { home, json, stdout }: CommandContext) {
  const all = await listLogs(logsFolder(home));
  const logs = name === undefined ? all : all.filter((log) => shownName(log) === name);
  let found = 0;
  for await (const hit of searchLogs(logs, text)) {
    found += 1;
    stdout.write(
      json ? `${safeJson(hit)}\n` : `${safeText(`${path.basename(hit.file)}:${hit.line}: ${hit.text}`)}\n`,
    );
  }
  return found > 0 ? 0 : 1;
}

async function clean(parsed: ParsedCommand, { home, print }: CommandContext): Promise<number> {
  const dryRun = parsed.values['dry-run'] === true;
  const removed = await cleanLogs(logsFolder(home), Date.now() - ageOf(parsed), {
    dryRun,
    keep: ({ name, age }) => age === 0 && HELD_OPEN.has(name),
  });
  const what = dryRun ? 'would go' : 'removed';
  print({ dryRun, removed }, () =>
    removed.length === 0
      ? 'Nothing is that old.\n'
      : removed.map(({ file }) => `${what}: ${file}\n`).join(''),
  );
  return 0;
}

/** An agent reads no file of missiond: it asks the daemon, which knows what it may see. */
async function ofAgent(
  { positionals: [slotId] }: ParsedCommand,
  lines: number,
  { call, print }: CommandContext,
) {
  const output = z
    .object({ lines: z.array(z.string()) })
    .loose()
    .parse(await call('mission_pty_logs', { slotId, lines }));
  print(output, () => output.lines.map((line) => `${line}\n`).join(''));
  return 0;
}

export const logs: Command = {
  name: 'logs',
  agents: 'all',
  summary: 'what happened in a slot, also while no daemon runs; list, search or remove logs',
  usage: USAGE,
  options: {
    lines: { type: 'string', help: `how many lines (default ${LOG_LINES})` },
    follow: { type: 'boolean', short: 'f', help: 'go on with what is written from now on' },
    'older-than': { type: 'string', help: 'clean: logs that have not changed for so long (30d, 12h, 90m)' },
    'dry-run': { type: 'boolean', help: 'clean: say what would go, and remove nothing' },
  },
  words: [1, 3],
  async run(parsed, context) {
    const [verb = '', text, name] = parsed.positionals;
    if (context.env['MISSIOND_SLOT_ID'] !== undefined)
      return ofAgent(parsed, numberOf(parsed, 'lines', { whole: true }) ?? LOG_LINES, context);
    if (verb === 'search') {
      if (text === undefined) throw wrong('missiond logs search needs a text.');
      return search(text, name, context);
    }
    if (text !== undefined)
      throw wrong(`missiond logs does not understand "${parsed.positionals.join(' ')}".`);
    if (verb === 'list') return list(context);
    if (verb === 'clean') return clean(parsed, context);
    return show(verb, parsed, context);
  },
};
