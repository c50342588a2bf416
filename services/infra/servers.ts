import { SshHost, type SshTarget, targetWords } from '../discovery/ssh-target.ts';
import { SERVER_FIELDS, type ServerEntry } from './server-schema.ts';
import { withholdSecrets } from './withhold-secrets.ts';

/** A machine of servers.yaml as it may be shown: no secret is in it. */
export interface Server {
  readonly id: string;
  readonly name: string;
  readonly provider?: string;
  readonly host?: string;
  readonly lan?: string;
  readonly location?: string;
  readonly roles: readonly string[];
  readonly tags: readonly string[];
  readonly description?: string;
  /** As it may be shown; asked is the one of the file. */
  readonly healthEndpoint?: string;
  /** Where ssh reaches it, the nearest way first. */
  readonly ssh: readonly SshTarget[];
  readonly ports: readonly number[];
  /** Which fields are not shown, or not whole, and why. */
  readonly withheld: readonly string[];
}

/** A machine with what only missiond itself needs of it. */
export interface KnownServer {
  readonly shown: Server;
  readonly healthEndpoint: string | undefined;
}

/** `ssh -p 2222 root@10.0.0.5` within words, as users of missiond write it. */
const IN_WORDS =
  /\bssh\s+(?:-p\s*(\d{1,5})\s+)?([A-Za-z0-9_][\w.-]*@[A-Za-z0-9][\w.-]*)(?:\s+-p\s*(\d{1,5}))?/g;

function targetsInWords(description: string): readonly SshTarget[] {
  return [...description.matchAll(IN_WORDS)].flatMap(([, before, place = '', behind]): SshTarget[] => {
    const target = SshHost.safeParse(place.replace(/\.+$/, '')).data;
    const port = Number(before ?? behind ?? 0);
    if (target === undefined || port > 65_535) return [];
    return [port === 0 ? target : { ...target, port }];
  });
}

/** Those that are named; else those of the description; else what ssh's own configuration makes of its address. */
function sshOf({ ssh, description, lan, host }: ServerEntry): readonly SshTarget[] {
  if (ssh === false) return [];
  const named = ssh === undefined || ssh === null ? [] : Array.isArray(ssh) ? ssh : [ssh];
  const found = named.length > 0 ? named : targetsInWords(description ?? '');
  const usual = host ?? lan;
  const targets = found.length > 0 || usual === undefined || usual === null ? found : [{ host: usual }];
  const nearest = (target: SshTarget): number => (target.host === lan ? 0 : 1);
  const unique = new Map(targets.map((target) => [targetWords(target), target]));
  return [...unique.values()].sort((one, other) => nearest(one) - nearest(other));
}

/** What may be shown of an entry. Of fields that missiond does not know only the name is. */
export function knownServer(entry: ServerEntry): KnownServer {
  const withheld = Object.keys(entry)
    .filter((field) => !SERVER_FIELDS.includes(field))
    .map((field) => `${withholdSecrets(field.slice(0, 100))}: no field that missiond shows`);
  const clean = (field: string, text: string): string => {
    const cleaned = withholdSecrets(text);
    const note = `${field}: what looks like a secret was taken out`;
    if (cleaned !== text && !withheld.includes(note)) withheld.push(note);
    return cleaned;
  };
  const maybe = <Field extends string>(field: Field, text: string | null | undefined) =>
    text === undefined || text === null ? {} : { [field]: clean(field, text) };
  const { id, name, provider, host, lan, location, roles, tags, description, healthEndpoint, ports } = entry;
  const shown: Server = {
    id,
    name: clean('name', name ?? id),
    ...maybe('provider', provider),
    ...maybe('host', host),
    ...maybe('lan', lan),
    ...maybe('location', location),
    roles: roles.map((role) => clean('roles', role)),
    tags: tags.map((tag) => clean('tags', tag)),
    ...maybe('description', description),
    ...maybe('healthEndpoint', healthEndpoint),
    ssh: sshOf(entry),
    ports: ports ?? [],
    withheld,
  };
  return { shown, healthEndpoint: healthEndpoint ?? undefined };
}
