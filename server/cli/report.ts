import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { readEnvironment } from '../../services/config/environment.ts';
import { doubtsFolder, logsFolder } from '../../services/config/home.ts';
import { loadSlots, type SlotConfig } from '../../services/config/slots-file.ts';
import { redactForReport, redactValue } from '../../services/diagnostics/redact-report.ts';
import { readSnapshots } from '../../services/diagnostics/snapshot-ring.ts';
import { toFailure } from '../../services/errors/mission-error.ts';
import { readDaemonFile } from '../daemon-file.ts';
import { readVersion } from '../version.ts';

/** The last lines of a log tell what happened before somebody noticed. */
const LOG_LINES = 300;
/** Short values are ordinary words (`1`, `true`, `UTF-8`). */
const LEAST_VALUE = 6;

export interface ReportInput {
  readonly home: string;
  readonly env: NodeJS.ProcessEnv;
  /** What the checks of `doctor` found. */
  readonly findings: readonly unknown[];
  /** What the daemon says of its slots; null when it does not answer. */
  readonly slots: unknown;
}

function configured(home: string, env: NodeJS.ProcessEnv): readonly SlotConfig[] {
  const { slotsFile } = readEnvironment(env, home);
  return existsSync(slotsFile) ? loadSlots(slotsFile).slots : [];
}

/** How a slot is set up, by the names of its variables: never a value, nor words that a person wrote. */
function shapeOf({ env, cwd, mcpConfig, appendSystemPrompt, args, description, ...rest }: SlotConfig) {
  return {
    ...rest,
    envNames: Object.keys(env),
    hasMcpConfig: mcpConfig !== undefined,
    hasSystemPrompt: appendSystemPrompt !== undefined,
    arguments: args.length,
  };
}

/** Values of variables and the token of the daemon: known to be nobody's business. */
function valuesOf(home: string, slots: readonly SlotConfig[], env: NodeJS.ProcessEnv): ReadonlySet<string> {
  const own = slots.flatMap((slot) => Object.values(slot.env));
  // A path or a name of the surroundings is no secret, and would take half of the report with it.
  const inherited = Object.entries(env)
    .filter(([name]) => /key|token|secret|passw|credential/i.test(name))
    .map(([, value]) => value ?? '');
  const token = readDaemonFile(home)?.token ?? '';
  return new Set([...own, ...inherited, token].filter((value) => value.length >= LEAST_VALUE));
}

async function tailOf(file: string): Promise<readonly string[]> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.trimEnd().split('\n').slice(-LOG_LINES);
}

async function logsOf(home: string): Promise<Record<string, readonly string[]>> {
  const folder = logsFolder(home);
  const files = (await readdir(folder).catch(() => [])).filter((file) => file.endsWith('.log'));
  return Object.fromEntries(
    await Promise.all(files.map(async (file) => [file, await tailOf(path.join(folder, file))] as const)),
  );
}

/** A configuration that cannot be read is a finding of the checks; the report is made all the same. */
function slotsOf(home: string, env: NodeJS.ProcessEnv): { slots: readonly SlotConfig[]; failure?: string } {
  try {
    return { slots: configured(home, env) };
  } catch (error) {
    return { slots: [], failure: toFailure(error).message };
  }
}

/** Takes out of a JSON value what must not leave this machine: tokens, values of variables, names of home directories. */
export function reportRedaction(home: string, env: NodeJS.ProcessEnv): (value: unknown) => unknown {
  const secrets = valuesOf(home, slotsOf(home, env).slots, env);
  return (value) => redactValue(value, (text) => redactForReport(text, secrets));
}

/**
 * Everything that a bug report needs, without tokens, values of variables and names of home directories. The screens
 * are those of the moments when missiond was uncertain.
 */
export async function collectReport({ home, env, findings, slots }: ReportInput): Promise<unknown> {
  const configuration = slotsOf(home, env);
  const snapshots = await readSnapshots(doubtsFolder(home));
  const report = {
    madeAt: new Date().toISOString(),
    missiond: readVersion(),
    node: process.version,
    system: { platform: process.platform, arch: process.arch, release: os.release() },
    findings,
    configuration: { ...configuration, slots: configuration.slots.map(shapeOf) },
    slots,
    doubts: snapshots.map(({ file, text }) => ({ file, snapshot: parsed(text) })),
    logs: await logsOf(home),
  };
  return reportRedaction(home, env)(report);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Writes a report for its owner alone; returns its absolute path. */
export async function writeReport(file: string, report: unknown): Promise<string> {
  const absolute = path.resolve(file);
  await writeFile(absolute, `${JSON.stringify(report, null, 2)}\n`, { mode: 0o600 });
  return absolute;
}

/** Where a report goes when nobody says: the folder in which the command runs. */
export function reportName(now: Date): string {
  return `missiond-report-${now.toISOString().slice(0, 19).replace(/[:T]/g, '-')}.json`;
}
