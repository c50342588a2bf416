import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import ssh2 from 'ssh2';

export const PASSWORD = 'correct horse 4711';
/** The program of the person. */
const SSH = '/usr/bin/ssh';

/** Whether machines can be looked at here; the reason is printed when not. */
export function hasSsh(test: string): boolean {
  if (existsSync(SSH)) return true;
  console.warn(`${test} is skipped: there is no ${SSH} (apt install openssh-client).`);
  return false;
}

/** What a machine does when it is asked to run something. */
export type Behaviour = 'runs' | 'endless' | 'silent' | 'noShell';

export interface SshMachine {
  readonly port: number;
  /** `SHA256:…`, as ssh writes it. */
  readonly fingerprint: string;
  /** Methods by which it was asked to let somebody in. */
  readonly asked: string[];
  /** Command lines and environments of all processes that held the password while something was run. */
  readonly seen: string[];
  /** A line for known_hosts. */
  readonly knownHost: string;
  close(): Promise<void>;
}

function whoHolds(secret: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const told =
          readFileSync(`/proc/${pid}/cmdline`, 'utf8') + readFileSync(`/proc/${pid}/environ`, 'utf8');
        return told.includes(secret) ? [told] : [];
      } catch {
        return [];
      }
    });
}

/** A pair of keys by the real program: about one in 300 of ssh2's own cannot be read back (1.17.0). */
function newKey(file: string): { readonly file: string; readonly private: string; readonly public: string } {
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file]);
  return { file, private: readFileSync(file, 'utf8'), public: readFileSync(`${file}.pub`, 'utf8') };
}

/** A machine that real ssh programs reach on loopback: what it is asked to run really runs, in a shell. */
export async function startSshMachine(
  personsKey: string,
  behaviour: Behaviour = 'runs',
): Promise<SshMachine> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'missiond-ssh-host-'));
  const host = newKey(path.join(folder, 'host'));
  const [, blob = ''] = host.public.split(' ');
  const asked: string[] = [];
  const seen: string[] = [];
  const sockets = new Set<{ end(): void }>();
  const server = new ssh2.Server({ hostKeys: [host.private] }, (client) => {
    sockets.add(client);
    client.on('error', () => {});
    client.on('authentication', (context) => {
      asked.push(context.method);
      if (context.method === 'publickey' && context.key.data.toString('base64') === personsKey)
        return context.accept();
      if (context.method === 'keyboard-interactive')
        return context.prompt([{ prompt: 'Password: ', echo: false }], ([answer]) =>
          answer === PASSWORD ? context.accept() : context.reject(),
        );
      if (context.method === 'password' && context.password === PASSWORD) return context.accept();
      context.reject(['publickey', context.username === 'keyboard' ? 'keyboard-interactive' : 'password']);
    });
    client.on('session', (accept) => {
      accept().on('exec', (acceptExec, _, { command }) => {
        const stream = acceptExec();
        seen.push(...whoHolds(PASSWORD));
        if (behaviour === 'silent') return;
        if (behaviour === 'endless') {
          const flood = (): void => {
            while (stream.writable && stream.write('x'.repeat(32_768)));
          };
          stream.on('drain', flood);
          return flood();
        }
        if (behaviour === 'noShell') {
          stream.stderr.write(`'${command}' is not recognized\n`);
          stream.exit(1);
          return stream.end();
        }
        const shell = spawn(command, { shell: true, stdio: ['pipe', 'pipe', 'ignore'] });
        stream.pipe(shell.stdin);
        shell.stdout.pipe(stream, { end: false });
        shell.once('close', (code) => {
          stream.exit(code ?? 1);
          stream.end();
        });
      });
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  return {
    port,
    asked,
    seen,
    fingerprint: `SHA256:${createHash('sha256').update(Buffer.from(blob, 'base64')).digest('base64').replace(/=+$/, '')}`,
    knownHost: `[127.0.0.1]:${port} ssh-ed25519 ${blob}\n`,
    async close() {
      for (const socket of sockets) socket.end();
      server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A person with a key and known hosts of their own; ssh itself looks for neither below HOME. */
export function createPerson() {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'missiond-ssh-'));
  const knownHosts = path.join(folder, 'known_hosts');
  const configuration = path.join(folder, 'config');
  const key = newKey(path.join(folder, 'id'));
  writeFileSync(knownHosts, '');
  writeFileSync(
    configuration,
    `UserKnownHostsFile ${knownHosts}\nGlobalKnownHostsFile /dev/null\nIdentityFile ${key.file}\nIdentitiesOnly yes\nIdentityAgent none\n`,
  );
  const program = path.join(folder, 'ssh');
  writeFileSync(program, `#!/bin/sh\nexec ${SSH} -F ${configuration} "$@"\n`);
  chmodSync(program, 0o755);
  return {
    folder,
    /** As ssh sends it. */
    publicKey: key.public.split(' ')[1] ?? '',
    env: { PATH: `${folder}:${process.env['PATH'] ?? ''}`, HOME: folder },
    knows: (...lines: readonly string[]) => writeFileSync(knownHosts, lines.join('')),
    configure: (text: string) => writeFileSync(configuration, text, { flag: 'a' }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
