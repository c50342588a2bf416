// Calls the hooks of the settings file: over HTTP, or as a command that reads standard input. One that cannot be
// reached, or takes too long, is passed over, as Claude Code does.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';

async function overHttp({ url, headers, timeout }, body, signal) {
  const limit = AbortSignal.timeout(timeout * 1_000);
  const response = await fetch(url, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: signal === undefined ? limit : AbortSignal.any([limit, signal]),
  });
  return response.ok ? response.json() : null;
}

async function asCommand(command, body, timeoutMs) {
  const child = spawn('/bin/sh', ['-c', command], { stdio: ['pipe', 'pipe', 'ignore'], timeout: timeoutMs });
  child.stdin.on('error', () => {});
  child.stdin.end(JSON.stringify(body));
  const [said] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  return said.trim() === '' ? null : said;
}

export function createHookCaller({ settingsFile, common, version }) {
  const settings = JSON.parse(readFileSync(settingsFile, 'utf8'));

  async function call(event, fields, signal) {
    const hook = settings.hooks?.[event]?.[0]?.hooks?.[0];
    if (hook === undefined) return null;
    const body = { ...common, permission_mode: 'manual', hook_event_name: event, ...fields };
    try {
      if (hook.type === 'http') return await overHttp(hook, body, signal);
      return JSON.parse((await asCommand(hook.command, body, hook.timeout * 1_000)) ?? 'null');
    } catch {
      signal?.throwIfAborted();
      return null;
    }
  }
  call.statusLine = async () => {
    const { command } = settings.statusLine ?? {};
    if (command === undefined) return;
    const body = {
      ...common,
      version,
      cost: { total_cost_usd: 0 },
      context_window: { remaining_percentage: 80 },
    };
    await asCommand(command, body, 2_000).catch(() => null);
  };
  return call;
}
