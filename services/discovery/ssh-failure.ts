import { messageOf } from '../errors/message-of.ts';
import { MissionError } from '../errors/mission-error.ts';
import { connectCommand, type SshTarget, targetWords } from './ssh-target.ts';

/** What ssh says of its connection when it is asked for details (OpenSSH 8 to 10). */
const SHOWN_KEY = /^debug1: Server host key: (\S+) (SHA256:[A-Za-z0-9+/=]+)/;
const UNKNOWN_KEY = /^No (\S+) host key is known for (.+) and you have requested strict checking/;
const CHANGED_KEY =
  /^(?:Host key for .+|.+ host key for .+) has changed and you have requested strict checking/;
const OFFENDING = /^Offending \S+ key in (.+):(\d+)/;
const SAID_AT_MOST = 300;

/** The fingerprint of the key that the machine showed last: before it come those of machines on the way. */
function shownKey(lines: readonly string[]): string | undefined {
  const [, type, fingerprint] = lines.map((line) => SHOWN_KEY.exec(line)).findLast((match) => match) ?? [];
  return type === undefined || fingerprint === undefined ? undefined : `${type} ${fingerprint}`;
}

function ownWords(lines: readonly string[]): string {
  const said = lines.filter(
    (line) => line.trim() !== '' && !/^(?:debug\d|OpenSSH_|Authenticated to)/.test(line),
  );
  return said
    .slice(-3)
    .join(' ')
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .slice(0, SAID_AT_MOST);
}

/** Puts what ssh has printed into words. */
export function sshFailure(target: SshTarget, printed: string, cause: unknown): MissionError {
  const lines = printed.split(/\r?\n/);
  const name = targetWords(target);
  const end = lines.findIndex((line) => UNKNOWN_KEY.test(line) || CHANGED_KEY.test(line));
  const key = shownKey(end === -1 ? lines : lines.slice(0, end));
  const facts = { host: name, ...(key === undefined ? {} : { hostKey: key }) };
  const unknown = UNKNOWN_KEY.exec(lines[end] ?? '');
  if (unknown !== null)
    return new MissionError(
      'host_key_unknown',
      `The key of ${unknown[2]?.slice(0, SAID_AT_MOST)} is not known here: it shows ${key ?? unknown[1]}. Nothing was sent to it.`,
      {
        cause,
        facts,
        remedy: `Compare it with the machine's own (there: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub). When it is the same, accept it by hand: ${connectCommand(target)}`,
      },
    );
  if (end !== -1) {
    const [, file, line] = lines.map((one) => OFFENDING.exec(one)).findLast((match) => match) ?? [];
    const where = file === undefined ? 'known_hosts' : `${file}, line ${line}`;
    return new MissionError(
      'host_key_changed',
      `${name} shows another key than before: ${key ?? 'one that ssh did not name'}. Nothing was sent to it.`,
      {
        cause,
        facts,
        remedy: `Somebody may stand between, or the machine was set up anew. When you know that it was, remove the old key (${where}) and connect once by hand.`,
      },
    );
  }
  const words = ownWords(lines);
  if (/Permission denied/.test(words))
    return new MissionError('ssh_failed', `${name} did not let us in: ${words}`, {
      cause,
      facts,
      remedy: `Without a password the person's agent and ~/.ssh/config are used, and nothing is asked. Try it by hand: ${connectCommand(target)}`,
    });
  const why = messageOf(cause);
  return new MissionError(
    'ssh_failed',
    `${name} could not be looked at: ${why}${words === '' ? '' : ` (${words})`}`,
    { cause, facts, remedy: `Try it by hand: ${connectCommand(target)}` },
  );
}
