import { existsSync } from 'node:fs';
import path from 'node:path';
import { LineCounter, parseDocument, visit } from 'yaml';
import { redactTokens } from '../../db/redact-tokens.ts';
import { readPrivateFile } from '../config/private-file.ts';
import { createRedaction } from '../config/redact.ts';
import { readYamlFile, readYamlText } from '../config/yaml-file.ts';
import { MissionError } from '../errors/mission-error.ts';
import {
  type BackendSettings,
  CREDENTIALS_KEYS,
  CredentialsFile,
  isKey,
  isSafeForKeys,
  ROUTER_KEYS,
  RouterFile,
} from './settings-schema.ts';

/** A backend, and the key that it is asked with; null where it needs none. */
export interface KeyedBackend {
  readonly settings: BackendSettings;
  readonly key: string | null;
  /** Why it cannot be asked. */
  readonly problem?: string;
}

export interface RouterSettings {
  /** In the order in which they are asked. */
  readonly backends: readonly KeyedBackend[];
  readonly dailyBudgetUsd: number | null;
  /** What of the files does nothing, though somebody will have meant it to. No secret is in it. */
  readonly warning?: string;
}

export const routerFile = (home: string): string => path.join(home, 'router.yaml');
export const credentialsFile = (home: string): string => path.join(home, 'credentials.json');

/** The backend of `auth_url`. */
const CREDENTIALS_BACKEND = 'credentials';

/** Where a text is no JSON, in words that quote nothing of it: what a parser quotes may be the key. */
function refuseBroken(file: string, source: string): void {
  const lines = new LineCounter();
  const { errors } = parseDocument(source, { lineCounter: lines, prettyErrors: false, logLevel: 'error' });
  const [first] = errors;
  if (first === undefined) return;
  const { line, col } = lines.linePos(first.pos[0]);
  throw new MissionError('config_invalid', `${file}:${line}:${col}: this is no JSON`, {
    remedy: 'Mend the file; nothing of it was used.',
  });
}

/** A short word is a slip of the pen; what else stands where a name should may be the key. */
const SLIP = /^[a-z_]{1,14}$/i;

/** What a message about the file could quote of it. */
function quotable(source: string): readonly string[] {
  const names: string[] = [];
  visit(parseDocument(source, { prettyErrors: false, logLevel: 'error' }), {
    Pair: (_, { key }) => void names.push(String(key)),
    Alias: (_, { source: anchor }) => void names.push(anchor),
  });
  return names.filter((name) => !SLIP.test(name));
}

function readCredentials(file: string): CredentialsFile {
  const source = readPrivateFile(file);
  if (source === null) return CredentialsFile.parse({});
  refuseBroken(file, source);
  try {
    return readYamlText(file, source, CredentialsFile, {
      code: 'config_invalid',
      knownKeys: CREDENTIALS_KEYS,
    }).value;
  } catch (error) {
    if (!(error instanceof MissionError)) throw error;
    const hide = createRedaction(quotable(source));
    throw new MissionError('config_invalid', redactTokens(hide(error.message)), {
      ...(error.remedy === undefined ? {} : { remedy: error.remedy }),
    });
  }
}

function readRouterFile(file: string): RouterFile {
  if (!existsSync(file)) return RouterFile.parse({});
  return readYamlFile(file, RouterFile, { code: 'config_invalid', knownKeys: ROUTER_KEYS });
}

/** `POST <auth_url>/v1/chat/completions`, as missiond's users have it; an address that ends in `/v1` is taken as it is. */
function backendOf({ auth_url, type, model }: CredentialsFile): readonly BackendSettings[] {
  if (auth_url === undefined) return [];
  const base_url = type === 'openai' && !/\/v\d+$/.test(auth_url) ? `${auth_url}/v1` : auth_url;
  const file = RouterFile.parse({
    backends: [
      {
        name: CREDENTIALS_BACKEND,
        type,
        base_url,
        ...(model === undefined ? {} : { models: [{ name: model }] }),
      },
    ],
  });
  return file.backends;
}

function keyed(settings: BackendSettings, key: string | undefined): KeyedBackend {
  const { base_url, allow_http, api_key_env } = settings;
  const unusable = (problem: string): KeyedBackend => ({ settings, key: null, problem });
  if (api_key_env !== undefined && key === undefined)
    return unusable(`the variable ${api_key_env} is not set`);
  if (key === undefined) return { settings, key: null };
  if (!isKey(key)) return unusable(`the variable ${api_key_env ?? ''} holds what cannot be a key`);
  if (!allow_http && !isSafeForKeys(base_url))
    return unusable(`${base_url} would carry the key in clear: use https, or say allow_http: true`);
  return { settings, key };
}

/** A name of another backend is a slip; where one stands that may be the key itself, it is not repeated. */
function unusedKeys(
  { keys }: CredentialsFile,
  backends: readonly BackendSettings[],
): Pick<RouterSettings, 'warning'> {
  const unused = Object.keys(keys).filter((name) => !backends.some((backend) => backend.name === name));
  if (unused.length === 0) return {};
  const shown = unused.map((name) => (SLIP.test(name) ? `"${name}"` : 'one that is not shown here'));
  return {
    warning: `keys of credentials.json has names that are no backend of router.yaml: ${shown.join(', ')}`,
  };
}

/**
 * Who is asked, and with which key: router.yaml, and credentials.json, whose own backend comes last.
 * @throws MissionError `config_invalid` with line and column; no secret is in it
 */
export function readRouterSettings(home: string, env: NodeJS.ProcessEnv): RouterSettings {
  const credentials = readCredentials(credentialsFile(home));
  const { backends, order, daily_budget_usd } = readRouterFile(routerFile(home));
  const named =
    order === undefined
      ? backends
      : order.flatMap((name) => backends.find((backend) => backend.name === name) ?? []);
  const keyOf = ({ name, api_key_env }: BackendSettings): string | undefined =>
    api_key_env === undefined ? credentials.keys[name] : env[api_key_env]?.trim() || undefined;
  return {
    backends: [
      ...named.map((settings) => keyed(settings, keyOf(settings))),
      ...backendOf(credentials).map((settings) => keyed(settings, credentials.api_key)),
    ],
    dailyBudgetUsd: daily_budget_usd ?? null,
    ...unusedKeys(credentials, backends),
  };
}
