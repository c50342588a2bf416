// runProgram runs this:  node run-guarded.mjs PROGRAM ARGS…
// It runs a program in its own process group and ends the whole group when descriptor 3 is closed: whoever holds the
// other end has died, perhaps by kill -9, and would leave the program behind. Through the same descriptor it says why
// a program could not be started. Plain JavaScript, because it runs as it is.
import { spawn } from 'node:child_process';
import net from 'node:net';

const [program = '', ...args] = process.argv.slice(2);
const holder = new net.Socket({ fd: 3 });
// The program hears it, too, and what becomes of it is told further.
const ignore = () => {};
process.on('SIGTERM', ignore);

holder.on('error', ignore);
holder.on('close', () => process.kill(-process.pid, 'SIGKILL'));
holder.resume();

const child = spawn(program, args, { stdio: ['inherit', 'inherit', 'inherit'] });
child.once('error', (error) => {
  holder.removeAllListeners('close');
  holder.end(error.message, () => process.exit(127));
});
child.once('exit', (code, signal) => {
  holder.removeAllListeners('close');
  process.off('SIGTERM', ignore);
  if (signal === null) process.exit(code ?? 1);
  process.kill(process.pid, signal);
});
