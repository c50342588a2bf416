import type { ServerView } from '../../../actors/infra/infra-views.ts';
import { MissionError } from '../../../services/errors/mission-error.ts';
import { infraGet, infraList, osDiagnose, reachability } from '../../tools/infra.ts';
import type { Command, CommandContext, ParsedCommand } from '../command.ts';
import { table } from '../table.ts';

const USAGE = 'list [--role ROLE] [--provider PROVIDER] [--tag TAG] | get ID | reach [ID] | diagnose [ID]';

function wrong(message: string): MissionError {
  return new MissionError('input_invalid', message, { remedy: `Usage: missiond infra ${USAGE}` });
}

async function list({ values }: ParsedCommand, { call, print, stderr }: CommandContext): Promise<number> {
  const { role, provider, tag } = values;
  const filter = Object.entries({ role, provider, tag }).filter(([, value]) => value !== undefined);
  const output = infraList.output.parse(await call(infraList.name, Object.fromEntries(filter)));
  if (output.problem !== undefined) stderr.write(`${output.problem}\n`);
  print(output, () =>
    output.servers.length === 0
      ? 'No machine. ~/.missiond/servers.yaml names them (see the README).\n'
      : table(
          ['ID', 'NAME', 'PROVIDER', 'HOST', 'LAN', 'ROLES', 'TAGS'],
          output.servers.map(({ id, name, provider = '', host = '', lan = '', roles, tags }) => [
            id,
            name,
            provider,
            host,
            lan,
            roles.join(','),
            tags.join(','),
          ]),
        ),
  );
  return 0;
}

function words(server: ServerView): string {
  const rows = Object.entries(server).flatMap(([field, value]) => {
    const text = Array.isArray(value) ? value.join(', ') : String(value);
    return text === '' ? [] : [`${field.padEnd(15)} ${text}\n`];
  });
  return rows.join('');
}

/** Ends with 1 when a machine is reached by no way. */
async function reach(target: string | undefined, { call, print }: CommandContext): Promise<number> {
  const input = target === undefined ? {} : { target };
  const output = reachability.output.parse(await call(reachability.name, input));
  print(
    output,
    () =>
      table(
        ['TARGET', 'SEVERITY', 'CHANNEL', 'ADDRESS', 'RESULT', 'WHY'],
        output.targets.flatMap(({ target: id, severity, channels, summary }) =>
          channels.length === 0
            ? [[id, severity, '', '', '', summary]]
            : channels.map(({ channel, address, result, why, ms }) => [
                id,
                severity,
                channel,
                address,
                result,
                why ?? `${ms} ms`,
              ]),
        ),
      ) + `${output.summary}\n`,
  );
  return output.severity === 'red' ? 1 : 0;
}

/** Ends with 1 when it is in a bad way. */
async function diagnose(target: string | undefined, { call, print }: CommandContext): Promise<number> {
  const input = target === undefined ? {} : { target };
  const output = osDiagnose.output.parse(await call(osDiagnose.name, input));
  print(output, () => {
    const rows = Object.entries(output).flatMap(([field, value]) => {
      const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
      return text === '[]' ? [] : [`${field.padEnd(15)} ${text}\n`];
    });
    return rows.join('');
  });
  return output.severity === 'red' ? 1 : 0;
}

export const infra: Command = {
  name: 'infra',
  summary: 'the machines of servers.yaml, without secrets, and whether they can be reached',
  usage: USAGE,
  options: {
    role: { type: 'string', help: 'list: only of this role' },
    provider: { type: 'string', help: 'list: only of this provider' },
    tag: { type: 'string', help: 'list: only with this tag' },
  },
  agents: 'nothing',
  words: [0, 2],
  async run(parsed, context) {
    const [verb = 'list', id] = parsed.positionals;
    if (verb === 'list' && id === undefined) return list(parsed, context);
    if (verb === 'diagnose') return diagnose(id, context);
    if (verb === 'reach') return reach(id, context);
    if (verb !== 'get') throw wrong(`missiond infra does not understand "${parsed.positionals.join(' ')}".`);
    if (id === undefined) throw wrong('missiond infra get needs the id of a machine.');
    const output = infraGet.output.parse(await context.call(infraGet.name, { id }));
    context.print(output, () => words(output));
    return 0;
  },
};
