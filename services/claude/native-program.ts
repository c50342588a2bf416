import { access, constants, readFile } from 'node:fs/promises';
import path from 'node:path';

async function canRun(file: string): Promise<boolean> {
  return await access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** musl has no glibc; Node's report names the one it runs on. */
async function isMusl(): Promise<boolean> {
  if (process.platform !== 'linux') return false;
  return await readFile('/usr/bin/ldd', 'utf8').then(
    (text) => text.includes('musl'),
    () => false,
  );
}

/**
 * The program inside an npm installation of `@anthropic-ai/claude-code` below `prefix`: the native binary of a platform
 * package (from about 2.1.100 on), else the Node script that older versions are. Null when there is neither.
 */
export async function findInstalledProgram(prefix: string): Promise<string | null> {
  const scope = path.join(prefix, 'node_modules', '@anthropic-ai');
  const platform = `claude-code-${process.platform}-${process.arch}`;
  const musl = `${platform}-musl`;
  const names = (await isMusl()) ? [musl, platform] : [platform, musl];
  const candidates = [
    ...names.map((name) => path.join(scope, name, 'claude')),
    path.join(prefix, 'node_modules', '.bin', 'claude'),
    path.join(scope, 'claude-code', 'cli.js'),
  ];
  for (const candidate of candidates) {
    if (await canRun(candidate)) return candidate;
  }
  return null;
}
