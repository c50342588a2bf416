import path from 'node:path';
import type { ProgramToStart } from '../actors/launcher.ts';
import type { SlotRuntime } from '../actors/slot-runtime.ts';
import type { LaunchPlan } from '../machines/slot.ts';
import type { SlotBook } from '../services/agents/slot-book.ts';
import { locateClaude } from '../services/claude/locate.ts';
import { buildLaunch } from '../services/claude/profile.ts';
import { programVersion } from '../services/claude/program-version.ts';
import { configDirectoryOf } from '../services/claude/session-registry.ts';
import { isTrusted, trustFolder } from '../services/claude/trust-folder.ts';
import type { SlotConfig } from '../services/config/slots-file.ts';
import { within } from '../services/deadline/within.ts';
import { MissionError } from '../services/errors/mission-error.ts';
import { compileToClaudeSettings } from '../services/permissions/claude-settings.ts';
import type { PermissionStore } from '../services/permissions/permission-store.ts';
import type { SlotSecrets } from './slot-secrets.ts';

/** A provider may call a password manager that asks for a fingerprint. */
const RESOLVE_AT_MOST_MS = 60_000;

export interface LaunchPreparation {
  readonly home: string;
  readonly env: NodeJS.ProcessEnv;
  readonly slots: Pick<SlotBook, 'find'>;
  readonly permissions: PermissionStore;
  readonly port: () => number;
  readonly secrets: SlotSecrets;
}

function configOf(slots: Pick<SlotBook, 'find'>, slotId: string): SlotConfig {
  const slot = slots.find(slotId);
  if (slot === undefined)
    throw new MissionError(
      'slot_unknown',
      `There is no slot "${slotId}" in slots.yaml, and no agent of that name.`,
    );
  return slot;
}

/** Turns what is configured of a slot into the program that is started: secrets, permissions, hooks, profile. */
export function createLaunchPreparation({ home, env, slots, permissions, port, secrets }: LaunchPreparation) {
  return async function prepare(
    runtime: SlotRuntime,
    plan: LaunchPlan,
    {
      token,
      mcpConfigPath,
      signal: calledOff,
    }: { readonly token: string; readonly mcpConfigPath: string | null; readonly signal: AbortSignal },
  ): Promise<ProgramToStart> {
    const slot = configOf(slots, runtime.configuration.id);
    const signal = within(RESOLVE_AT_MOST_MS, calledOff);
    const slotEnv = { ...slot.variables, ...(await secrets.resolve(slot.id, signal)) };
    const launchEnv = { ...env, ...slotEnv };
    const program = await locateClaude({
      env: launchEnv,
      ...(slot.command === undefined ? {} : { command: slot.command }),
    });
    const version = await programVersion(program, { env: launchEnv, signal });
    const stateFile = path.join(launchEnv['CLAUDE_CONFIG_DIR'] ?? launchEnv['HOME'] ?? home, '.claude.json');
    // A worktree holds what the folder of the slot holds, and is trusted as that is.
    const origin = plan.cwd === slot.cwd ? slot.trustedAs : slot.cwd;
    if (slot.trustCwd || (origin !== undefined && (await isTrusted(stateFile, origin))))
      await trustFolder(stateFile, plan.cwd, signal);
    const base = `http://127.0.0.1:${port()}`;
    const mcpConfig = mcpConfigPath ?? slot.mcpConfig;
    const launch = await buildLaunch({
      slot: {
        id: slot.id,
        cwd: plan.cwd,
        args: slot.args,
        env: slotEnv,
        dangerouslySkipPermissions: slot.dangerouslySkipPermissions,
        ...(slot.model === undefined ? {} : { model: slot.model }),
        ...(slot.effort === undefined ? {} : { effort: slot.effort }),
        ...(slot.permissionMode === undefined ? {} : { permissionMode: slot.permissionMode }),
        ...(mcpConfig === undefined ? {} : { mcpConfig }),
        ...(slot.appendSystemPrompt === undefined ? {} : { appendSystemPrompt: slot.appendSystemPrompt }),
      },
      program: { file: program, version },
      sessionId: plan.sessionId,
      resume: plan.resume,
      hookUrl: `${base}/hooks/${slot.id}/${plan.epoch}`,
      statusLineUrl: `${base}/statusline/${slot.id}/${plan.epoch}`,
      slotToken: token,
      ...(slot.mcp ? { mcpUrl: `${base}/mcp` } : {}),
      permissions: compileToClaudeSettings(permissions.current(), {
        role: slot.role,
        slotId: slot.id,
        version,
        definition: slot.definition,
      }),
      home,
      inherited: env,
    });
    return { ...launch, configDirectory: configDirectoryOf(launch.env) };
  };
}
