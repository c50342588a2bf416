/** What a program needs to find its tools and its settings. */
const HANDED_ON = [
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'SHELL',
  'LANG',
  'LC_ALL',
  'TZ',
  'TMPDIR',
  'XDG_CONFIG_HOME',
] as const;

/** The environment of a program that is none of missiond: the daemon's own variables, and the secrets of slots, stay here. */
export function handedOn(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(HANDED_ON.map((name) => [name, env[name]]));
}
