import { isLongOption } from './option-reader.ts';
import { plainWord, type ShellWord } from './shell-word.ts';

interface LongOption {
  readonly name: string;
  readonly hasValue: boolean;
}

/** How a program that runs another one is called. */
export interface Wrapper {
  /** Its short options as in getopt(3): a colon follows those that take a value. */
  readonly options: string;
  /** Its long options, as far as they are known. */
  readonly long: readonly LongOption[];
  /** Words between its options and the command: the duration of `timeout`, the folder of `chroot`. */
  readonly operands: number;
  /** Changes how long or how nicely the command runs, not what runs: who allows the command allows it so. */
  readonly transparent: boolean;
  /** The words after it are joined and read by a shell. */
  readonly script: boolean;
}

function wrapper(options: string, more: Partial<Wrapper> = {}): Wrapper {
  return { options, long: [], operands: 0, transparent: false, script: false, ...more };
}

const SUDO =
  'user= group= chdir= login non-interactive preserve-env reset-timestamp shell stdin set-home background';
const XARGS =
  'null open-tty interactive no-run-if-empty verbose exit arg-file= delimiter= max-lines= max-args= max-procs= max-chars=';

/** An equals sign follows those that take a value. */
function longOptions(names: string): readonly LongOption[] {
  return names.split(' ').map((name) => ({ name: name.replace('=', ''), hasValue: name.endsWith('=') }));
}

/** Options are those of the manual pages of util-linux, coreutils, sudo, findutils and OpenSSH. */
export const WRAPPERS: ReadonlyMap<string, Wrapper> = new Map([
  ['sudo', wrapper('ABbEeHiKklNnPSsVvC:D:g:h:p:R:r:T:t:U:u:', { long: longOptions(SUDO) })],
  ['doas', wrapper('LnsC:u:')],
  ['pkexec', wrapper('')],
  ['gosu', wrapper('', { operands: 1 })],
  [
    'env',
    wrapper('0ivC:S:u:', { long: longOptions('ignore-environment null unset= chdir= split-string= debug') }),
  ],
  ['nice', wrapper('n:', { long: longOptions('adjustment='), transparent: true })],
  ['ionice', wrapper('tc:n:', { long: longOptions('class= classdata= ignore'), transparent: true })],
  ['chrt', wrapper('abdfiomprRT:P:D:', { operands: 1 })],
  ['taskset', wrapper('ac', { operands: 1 })],
  [
    'timeout',
    wrapper('fpvk:s:', {
      long: longOptions('foreground preserve-status verbose kill-after= signal='),
      operands: 1,
      transparent: true,
    }),
  ],
  // With -o it writes a file, with -f what it likes into it.
  ['time', wrapper('pv', { transparent: true })],
  ['nohup', wrapper('', { transparent: true })],
  ['stdbuf', wrapper('e:i:o:', { long: longOptions('input= output= error='), transparent: true })],
  ['command', wrapper('p', { transparent: true })],
  ['builtin', wrapper('', { transparent: true })],
  ['noglob', wrapper('', { transparent: true })],
  ['nocorrect', wrapper('', { transparent: true })],
  ['-', wrapper('')],
  ['exec', wrapper('cla:')],
  ['setsid', wrapper('cfw')],
  ['chroot', wrapper('', { operands: 1 })],
  ['unshare', wrapper('CfimnprTuUcS:G:R:w:')],
  ['flock', wrapper('enosuFxE:w:', { operands: 1 })],
  ['strace', wrapper('CcDdFfhiqrTtVvwxyYzZa:b:e:E:I:o:O:p:P:s:S:u:U:X:')],
  ['busybox', wrapper('')],
  ['toybox', wrapper('')],
  ['caffeinate', wrapper('disumt:w:')],
  ['xargs', wrapper('0oprtxa:d:E:I:L:n:P:s:', { long: longOptions(XARGS) })],
  ['parallel', wrapper('0kmqtuXI:j:n:N:a:')],
  ['watch', wrapper('bcdegptwxn:q:', { script: true })],
  [
    'ssh',
    wrapper('46AaCfGgKkMNnqsTtVvXxYyB:b:c:D:E:e:F:I:i:J:L:l:m:O:o:p:Q:R:S:W:w:', {
      operands: 1,
      script: true,
    }),
  ],
]);

export interface InnerCommand {
  readonly words: readonly ShellWord[];
  /** Options with their values, by letter or long name. */
  readonly values: ReadonlyMap<string, ShellWord>;
  /** `NAME=VALUE` before the command. */
  readonly assigned: readonly ShellWord[];
  /** False when an option was not known: then the command may begin at any later word. */
  readonly sure: boolean;
}

/** What a wrapper runs: the words after its options, assignments and operands. */
export function innerCommand(
  words: readonly ShellWord[],
  { options, long, operands }: Wrapper,
): InnerCommand {
  const assigned: ShellWord[] = [];
  const values = new Map<string, ShellWord>();
  let sure = true;
  let at = 1;
  /** Reads `-abVALUE`; a letter with a value takes the rest of the word, or the next one. */
  const readCluster = (letters: string): void => {
    for (const [index, letter] of [...letters].entries()) {
      const known = options.indexOf(letter);
      if (known < 0) {
        // `nice -5`, `timeout -5`: a number is a value, not an option.
        if (!/\d/.test(letter)) sure = false;
      } else if (options[known + 1] === ':') {
        const rest = letters.slice(index + 1);
        if (rest === '') at += 1;
        const value = rest === '' ? words[at] : { text: rest, mask: rest };
        if (value !== undefined) values.set(letter, value);
        return;
      }
    }
  };
  /** Reads `--user bob`, `--us=bob`: what is cut short is an option only while it could be no other. */
  const readLong = (word: ShellWord): void => {
    const meant = long.filter(({ name }) => isLongOption(word.text, `--${name}`));
    const [written = ''] = word.text.slice('--'.length).split('=', 1);
    const option = meant.find(({ name }) => name === written) ?? (meant.length === 1 ? meant[0] : undefined);
    const equals = word.text.indexOf('=');
    if (option === undefined) {
      // Its value is told, so that the command begins no later.
      if (equals < 0 || !options.includes(':')) sure = false;
    } else if (equals >= 0) {
      values.set(option.name, { text: word.text.slice(equals + 1), mask: word.mask.slice(equals + 1) });
    } else if (option.hasValue) {
      at += 1;
      const value = words[at];
      if (value !== undefined) values.set(option.name, value);
    }
  };
  for (; at < words.length; at++) {
    const word = words[at] ?? plainWord('');
    if (word.text === '--') {
      at += 1;
      break;
    }
    if (word.text.startsWith('--')) readLong(word);
    else if (/^-./.test(word.text)) readCluster(word.text.slice(1));
    else if (/^[A-Za-z_]\w*=/.test(word.text)) assigned.push(word);
    else break;
  }
  return { words: words.slice(at + operands), values, assigned, sure };
}
