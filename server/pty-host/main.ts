import '../../services/processes/small-heap.ts';
import { parseArgs } from 'node:util';
import { runPtyHost } from './run-pty-host.ts';

/** How long a terminal may take to end when the host itself is told to end. */
const SHUTDOWN_GRACE_MS = 3_000;

const { values } = parseArgs({ options: { home: { type: 'string' } } });
if (values.home === undefined) {
  process.stderr.write('Usage: pty-host --home DIR\n');
  process.exit(2);
}

// Agents outlive whoever started them: Ctrl+C and a closed terminal are not for this process.
process.on('SIGINT', () => {});
process.on('SIGHUP', () => {});

const host = await runPtyHost(values.home);
// Another host serves this home: that is what was wanted.
if (host === null) process.exit(0);
process.on('SIGTERM', () => void host.shutdown(SHUTDOWN_GRACE_MS));
// One broken terminal must not take the others with it.
process.on('uncaughtException', (error) => host.logger.error({ error }, 'uncaught'));
process.on('unhandledRejection', (error) => host.logger.error({ error }, 'unhandled'));
await host.ended;
process.exit(0);
