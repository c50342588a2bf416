import { existsSync } from 'node:fs';
import path from 'node:path';
import { locateClaude } from '../../services/claude/locate.ts';
import { programVersion } from '../../services/claude/program-version.ts';
import { readEnvironment } from '../../services/config/environment.ts';
import { ensureHome } from '../../services/config/home.ts';
import { loadSlots } from '../../services/config/slots-file.ts';
import { MissionError, toFailure } from '../../services/errors/mission-error.ts';
import { followServers } from '../../services/infra/follow-servers.ts';
import { createPermissionStore } from '../../services/permissions/permission-store.ts';
import { readRouterSettings } from '../../services/router/read-settings.ts';
import { facesFile, loadFaces } from '../../services/terminal/faces-file.ts';
import { findDaemon } from '../find-daemon.ts';
import { kbQueueStatus } from '../tools/knowledge-plans.ts';
import type { CommandContext } from './command.ts';
import { embeddingWords } from './commands/embeddings.ts';

export interface Finding {
  readonly check: string;
  readonly result: 'ok' | 'warn' | 'fail';
  readonly detail: string;
}

type Check = readonly [name: string, look: () => Promise<Omit<Finding, 'check'>>];

const ok = (detail: string): Omit<Finding, 'check'> => ({ result: 'ok', detail });
const warn = (detail: string): Omit<Finding, 'check'> => ({ result: 'warn', detail });

/** As what Claude Code is started, by slots and by agents; undefined for the one on the PATH. */
function startedAs(slotsFile: string): ReadonlySet<string | undefined> {
  try {
    const { slots, agents } = loadSlots(slotsFile);
    return new Set([...slots, agents].map(({ command }) => command));
  } catch (error) {
    // What is wrong with the file is said of the file.
    if (error instanceof MissionError) return new Set([undefined]);
    throw error;
  }
}

async function nativeModules(): Promise<Omit<Finding, 'check'>> {
  const { default: Database } = await import('better-sqlite3');
  new Database(':memory:').close();
  await import('node-pty');
  return ok('better-sqlite3 and node-pty load');
}

function checks({ home, env, call }: Pick<CommandContext, 'home' | 'env' | 'call'>): readonly Check[] {
  return [
    ['node', async () => ok(process.version)],
    ['native modules', nativeModules],
    [
      'home',
      async () => {
        ensureHome(home);
        return ok(home);
      },
    ],
    [
      'slots.yaml',
      async () => {
        const { slotsFile } = readEnvironment(env, home);
        if (!existsSync(slotsFile)) return warn(`${slotsFile} is not there yet; \`missiond up\` writes it`);
        const { slots } = loadSlots(slotsFile);
        return ok(`${slots.length} slots: ${slots.map(({ id }) => id).join(', ')}`);
      },
    ],
    [
      'permissions.yaml',
      async () => {
        const file = path.join(home, 'permissions.yaml');
        if (!existsSync(file)) return warn(`${file} is not there yet: every tool call is asked`);
        createPermissionStore(file);
        return ok(file);
      },
    ],
    [
      'faces.yaml',
      async () => {
        const file = facesFile(home);
        loadFaces(file);
        return ok(existsSync(file) ? file : 'not there: the screen is read as this release knows it');
      },
    ],
    [
      'servers.yaml',
      async () => {
        const { servers, problem } = followServers(home)();
        if (problem !== null) throw new MissionError('config_invalid', problem);
        const withheld = servers
          .filter(({ shown }) => shown.withheld.length > 0)
          .map(({ shown }) => shown.id);
        if (withheld.length > 0)
          return warn(
            `${servers.length} machines; \`missiond infra get\` says what is not shown of ${withheld.join(', ')}`,
          );
        return ok(servers.length === 0 ? 'no machine is named' : `${servers.length} machines`);
      },
    ],
    [
      'router',
      async () => {
        const { backends, warning } = readRouterSettings(home, env);
        const wrong = backends.flatMap(({ settings: { name }, problem }) =>
          problem === undefined ? [] : [`${name}: ${problem}`],
        );
        if (warning !== undefined) wrong.push(warning);
        if (wrong.length > 0) return warn(wrong.join('; '));
        const names = backends.map(({ settings: { name } }) => name);
        return ok(names.length === 0 ? 'no language model is configured' : names.join(', '));
      },
    ],
    [
      'embeddings',
      async () => {
        const { slotsFile } = readEnvironment(env, home);
        if (!existsSync(slotsFile) || !loadSlots(slotsFile).knowledge.embeddings.enabled)
          return ok('off: entries are found by their words');
        const embeds = readRouterSettings(home, env).backends.find(
          ({ settings }) => settings.embedding_model !== undefined,
        );
        if (embeds === undefined) return warn('on, but no backend of the router has an embedding_model');
        const who = `${embeds.settings.embedding_model?.name} at ${embeds.settings.name}`;
        if ((await findDaemon(home)) === null) return ok(`${who}; how far it is tells the daemon`);
        const told = kbQueueStatus.output.parse(await call(kbQueueStatus.name, { limit: 1 }));
        const words = embeddingWords(told.embeddings);
        const isWell = told.embeddings?.refused === 0 && told.embeddings.problem === undefined;
        return isWell ? ok(words) : warn(`${words} \`missiond embeddings\` says which`);
      },
    ],
    [
      'claude',
      async () => {
        const found: string[] = [];
        for (const command of startedAs(readEnvironment(env, home).slotsFile)) {
          const file = await locateClaude({ env, ...(command === undefined ? {} : { command }) });
          found.push(`${await programVersion(file, { env })} at ${file}`);
        }
        return ok(found.join(', '));
      },
    ],
    [
      'daemon',
      async () => {
        const daemon = await findDaemon(home);
        return daemon === null
          ? warn('not running; `missiond up` starts it')
          : ok(
              `process ${daemon.pid}, port ${daemon.port}${daemon.outsideUrl === undefined ? '' : `, from elsewhere ${daemon.outsideUrl}`}`,
            );
      },
    ],
  ];
}

/** Looks at everything that missiond needs; one that fails keeps no other from being looked at. */
export async function findingsOf(
  context: Pick<CommandContext, 'home' | 'env' | 'call'>,
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const [check, look] of checks(context)) {
    try {
      findings.push({ check, ...(await look()) });
    } catch (error) {
      const { message, remedy } = toFailure(error);
      findings.push({ check, result: 'fail', detail: [message, remedy].filter(Boolean).join(' → ') });
    }
  }
  return findings;
}
