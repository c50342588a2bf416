// Runs before anything is installed or built, so it is plain JavaScript with Node's own modules only:
// installs what is missing, builds what is stale, then hands over. `npm start`, `npm test`, `npm run bench`, `canary` and `matrix` come here.
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const SOURCES = ['machines', 'actors', 'services', 'server', 'db', 'inspector'];
const BUILT = path.join(root, 'dist', '.built');
/** Benchmarks of code in their own process: as users run it, since what tsx adds to each function costs a fifth. */
const COMPILED_BENCHES = ['deciding', 'knowledge', 'embeddings', 'conversations'];
/** Files that the build only copies. */
const ASSETS = [
  'inspector/board/index.html',
  'inspector/board/board.css',
  'inspector/board/board.js',
  'inspector/board/icon.svg',
  'services/claude/status-line.mjs',
  'services/discovery/askpass.mjs',
  'services/processes/run-guarded.mjs',
  'services/roles/shipped',
];

function fail(message) {
  process.stderr.write(`missiond: ${message}\n`);
  process.exit(1);
}

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    fail(`Node ${process.versions.node} is too old. Install Node 20.19 or newer and run the command again.`);
  }
}

function run(what, command, args) {
  process.stdout.write(`missiond: ${what}…\n`);
  const done = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (done.error) fail(`${what} failed: ${done.error.message}`);
  if (done.status !== 0) {
    process.stderr.write(`${done.stdout}\n${done.stderr}\n`);
    fail(
      `${what} failed: \`${command} ${args.join(' ')}\` ended with ${done.status ?? done.signal}. The lines above say why.`,
    );
  }
}

function modified(file) {
  return existsSync(file) ? statSync(file).mtimeMs : 0;
}

function install() {
  const installed = modified(path.join(root, 'node_modules', '.package-lock.json'));
  if (installed >= modified(path.join(root, 'package-lock.json'))) return;
  run('installing packages (a minute or two: better-sqlite3 is compiled)', 'npm', [
    'ci',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ]);
}

function newest(folder) {
  let latest = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const file = path.join(folder, entry.name);
    latest = Math.max(latest, entry.isDirectory() ? newest(file) : statSync(file).mtimeMs);
  }
  return latest;
}

function copyAssets() {
  for (const asset of ASSETS) {
    const from = path.join(root, asset);
    if (!existsSync(from)) continue;
    const to = path.join(root, 'dist', asset);
    mkdirSync(path.dirname(to), { recursive: true });
    cpSync(from, to, { recursive: true });
  }
  for (const program of ['missiond', 'mission-mcp', 'missiond-attach']) {
    const file = path.join(root, 'dist', 'server', 'cli', `${program}.js`);
    if (existsSync(file)) spawnSync('chmod', ['755', file]);
  }
}

function compile(what, project) {
  run(what, process.execPath, [path.join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', project]);
}

function build() {
  const source = Math.max(
    ...SOURCES.map((folder) => newest(path.join(root, folder))),
    modified(path.join(root, 'tsconfig.build.json')),
  );
  if (modified(BUILT) >= source) return;
  rmSync(path.join(root, 'dist'), { recursive: true, force: true });
  compile('building', 'tsconfig.build.json');
  copyAssets();
  writeFileSync(BUILT, '');
}

/**
 * Hands over to another program and ends as it ends. Ctrl+C reaches it directly; this process only waits. A closed
 * terminal reaches both, but SIGHUP may also be sent to this process alone; twice does no harm.
 */
function handOver(args) {
  const child = spawn(process.execPath, args, { cwd: process.cwd(), stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      if (signal !== 'SIGINT') child.kill(signal);
    });
  }
  child.on('exit', (code, signal) =>
    process.exit(signal ? 128 + (constants.signals[signal] ?? 0) : (code ?? 1)),
  );
}

const [command, ...rest] = process.argv.slice(2);
checkNode();
if (command === 'assets') {
  copyAssets();
} else {
  install();
  build();
  const vitest = path.join(root, 'node_modules', 'vitest', 'vitest.mjs');
  if (command === 'start') handOver([path.join(root, 'dist', 'server', 'demo', 'main.js'), ...rest]);
  else if (command === 'test') handOver([vitest, 'run', '--root', root, ...rest]);
  else if (command === 'bench' && COMPILED_BENCHES.includes(rest[0])) {
    compile('building the benchmarks', 'tsconfig.bench.json');
    handOver([path.join(root, 'dist', 'test', 'bench', 'main.js'), ...rest]);
  } else if (['bench', 'canary', 'matrix', 'chaos'].includes(command))
    handOver([
      path.join(root, 'node_modules', 'tsx', 'dist', 'cli.mjs'),
      path.join(root, 'test', command, 'main.ts'),
      ...rest,
    ]);
  else if (command !== 'build')
    fail(`unknown command ${command}. Use start, test, bench, canary, matrix, chaos, build or assets.`);
}
