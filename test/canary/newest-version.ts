import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** The version that npm gives to who asks for none. Rejects when npm does not reach its registry. */
export async function newestVersion(): Promise<string> {
  const { stdout } = await promisify(execFile)('npm', ['view', '@anthropic-ai/claude-code', 'version']);
  return stdout.trim();
}
