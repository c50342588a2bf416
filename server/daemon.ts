import { once } from 'node:events';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type OpenDatabase, openDatabase } from '../db/open.ts';
import { createStatelyBridge } from '../inspector/stately.ts';
import { configDirectoryOf } from '../services/claude/session-registry.ts';
import { writeDefaultSlots } from '../services/config/default-slots.ts';
import { readEnvironment } from '../services/config/environment.ts';
import { daemonLog, ensureHome } from '../services/config/home.ts';
import { loadSlots } from '../services/config/slots-file.ts';
import { startIngest } from '../services/conversations/start-ingest.ts';
import { within } from '../services/deadline/within.ts';
import { messageOf } from '../services/errors/message-of.ts';
import { MissionError } from '../services/errors/mission-error.ts';
import { writeDefaultPolicy } from '../services/permissions/default-policy.ts';
import { connectPtyHost } from '../services/pty/connect-pty-host.ts';
import { facesFile, loadFaces } from '../services/terminal/faces-file.ts';
import { openTokenStore } from './auth/token-store.ts';
import { openCleanLog } from './clean-log.ts';
import { agentsCommands } from './cli/agents-commands.ts';
import { composeMission } from './compose-mission.ts';
import {
  type DaemonFile,
  newToken,
  readDaemonFile,
  removeDaemonFile,
  writeDaemonFile,
} from './daemon-file.ts';
import { failureOfDamage } from './damaged-database.ts';
import { lockHome } from './home-lock.ts';
import { openHomePermissions, permissionsFile } from './home-permissions.ts';
import { buildServer } from './http/build-server.ts';
import { choosePorts, openPreferring } from './http/choose-ports.ts';
import { createConnections } from './http/connections.ts';
import type { LocalConnections } from './http/guard.ts';
import { LIMITS } from './http/limits.ts';
import { listen } from './http/listen.ts';
import { outsideDoorOf, outsideUrl } from './http/outside-door.ts';
import { watchStopSignals } from './stop-signals.ts';
import { readVersion } from './version.ts';

export interface DaemonOptions {
  readonly home: string;
  readonly env: NodeJS.ProcessEnv;
  readonly onReady?: (daemon: DaemonFile) => void;
  /** Stops the daemon as SIGTERM does. */
  readonly signal?: AbortSignal;
}

function openMissionDatabase(file: string): OpenDatabase {
  try {
    return openDatabase(file);
  } catch (cause) {
    throw (
      failureOfDamage(file, cause) ??
      new MissionError('database_failed', `The database ${file} cannot be opened: ${messageOf(cause)}`, {
        remedy:
          'Check the disk and the file. If Node was changed since the installation, run `npm rebuild better-sqlite3`.',
        cause,
      })
    );
  }
}

/**
 * Runs the daemon of a home until it is told to stop.
 * @returns the exit status
 * @throws MissionError when it cannot start: configuration, port, lock, database, pty host
 */
export async function runDaemon({ home, env, onReady, signal }: DaemonOptions): Promise<number> {
  ensureHome(home);
  const settings = readEnvironment(env, home);
  const unlock = lockHome(home);
  const stopping = new AbortController();
  // From here on: told to stop while it starts, the daemon ends what it has started.
  const unwatch = watchStopSignals((name) => stopping.abort(name));
  const undo: (() => Promise<void> | void)[] = [unwatch, unlock];
  const logger = openCleanLog({
    name: 'missiond',
    file: daemonLog(home),
    level: settings.logLevel,
  });
  // A daemon that cannot start ends nobody: agents may have outlived the last one.
  let endAgents = false;
  let keepAgents = false;
  // One bad byte or one dead client must not end the daemon: what was not foreseen is written down, and work goes on.
  const survive = (error: unknown): void => {
    logger.error(
      { error: error instanceof Error ? { message: error.message, stack: error.stack } : String(error) },
      'not foreseen',
    );
  };
  process.on('uncaughtException', survive);
  process.on('unhandledRejection', survive);
  undo.push(() => {
    process.off('uncaughtException', survive);
    process.off('unhandledRejection', survive);
  });
  try {
    writeDefaultSlots(settings.slotsFile);
    writeDefaultPolicy(permissionsFile(home));
    const file = loadSlots(settings.slotsFile);
    const outside = outsideDoorOf(file.listen, settings.host);
    // The pty host reads it; an error in it is told here, where somebody looks.
    loadFaces(facesFile(home));
    const permissions = openHomePermissions({
      home,
      databaseFile: settings.databaseFile,
      slotsFile: settings.slotsFile,
      file,
      ownCommands: agentsCommands,
      onRead(problem) {
        if (problem === null) logger.info('permissions.yaml was read anew');
        else logger.error({ error: problem.message }, 'the last good permissions stay in force');
      },
    });
    const before = readDaemonFile(home);
    const token = before?.token ?? newToken();
    const database = openMissionDatabase(settings.databaseFile);
    const stately = createStatelyBridge((error) => logger.error({ error: String(error) }, 'inspector'));
    undo.push(() => stately.close());
    let port = 0;
    const mission = await composeMission({
      home,
      env,
      file,
      permissions,
      database,
      logger,
      connectHost: () =>
        connectPtyHost({
          home,
          hostCommand: [process.execPath, fileURLToPath(new URL('./pty-host/main.js', import.meta.url))],
        }),
      port: () => port,
      inspect: stately.inspect,
      startIngest: (handlers, known) =>
        startIngest(
          {
            databaseFile: settings.databaseFile,
            personDirectory: configDirectoryOf(env),
            readPerson: file.conversations.person,
            keepDays: file.conversations.keepDays,
            keepLongDays: file.conversations.keepLongDays,
            known,
            turn: database.db.turn.shared,
          },
          handlers,
        ),
    });
    undo.push(() => mission.close({ endAgents }));
    const local: LocalConnections = new WeakSet();
    const connections = createConnections(LIMITS);
    const app = await buildServer({
      mission,
      token,
      tokens: openTokenStore(home, (problem) =>
        logger.error({ error: problem.message }, "no token but the owner's is good"),
      ),
      port: () => port,
      local,
      hosts: [...file.listen.hosts, ...(outside === null ? [] : [outside.host])],
      origins: file.listen.origins,
      connections,
      limits: LIMITS,
      version: readVersion(),
      logger,
      stately,
      onDown(request) {
        ({ keepAgents } = request);
        const stop = () => setImmediate(() => stopping.abort('asked'));
        if (!request.finish) return void stop();
        const { withinMs } = request;
        logger.info({ withinMs }, 'the daemon stops when what runs has ended');
        // Told to stop meanwhile, or the time is over: it stops all the same.
        mission
          .finish(withinMs === undefined ? stopping.signal : within(withinMs, stopping.signal))
          .then(stop, stop);
      },
    });
    // A file that is there was left by a daemon whose sessions may have outlived it. Their hooks still go to its ports:
    // any port means that one first, and another one does not mean that those are deaf.
    const formerPorts = before === null ? [] : [...new Set([before.port, ...before.formerPorts])];
    const ports = choosePorts(settings.port, before?.port, outside);
    const doors = await openPreferring(ports, (onLoopback) =>
      listen(app, {
        port: onLoopback,
        outside: outside === null ? undefined : { ...outside, port: ports.outsidePort },
        formerPorts,
        socketFile: path.join(home, 'missiond.sock'),
        local,
        connections,
      }),
    );
    port = doors.port;
    undo.push(() => doors.close());
    await mission.start();
    const daemon: DaemonFile = {
      pid: process.pid,
      port,
      formerPorts: [...doors.formerPorts],
      token,
      ...(outside === null || doors.outsidePort === undefined
        ? {}
        : { outsideUrl: outsideUrl(outside, doors.outsidePort, file.listen.hosts) }),
    };
    writeDaemonFile(home, daemon);
    // Agents that are kept go on calling these ports with their hooks: the next daemon must find them.
    undo.push(() => (endAgents ? removeDaemonFile(home, process.pid) : undefined));
    for (const former of formerPorts) {
      if (former !== port && !doors.formerPorts.includes(former))
        logger.warn({ former }, 'sessions of an earlier daemon are not heard: another program has its port');
    }
    logger.info({ port, outsideUrl: daemon.outsideUrl, pid: daemon.pid }, 'the daemon is ready');
    onReady?.(daemon);
    const stop = signal === undefined ? stopping.signal : AbortSignal.any([stopping.signal, signal]);
    if (!stop.aborted) await once(stop, 'abort');
    logger.info({ reason: String(stopping.signal.reason ?? 'asked') }, 'the daemon stops');
    endAgents = !keepAgents;
    return 0;
  } catch (error) {
    // What is expected to fail says by itself what to do.
    throw (error instanceof MissionError ? null : failureOfDamage(settings.databaseFile, error)) ?? error;
  } finally {
    for (const step of undo.reverse()) {
      try {
        await step();
      } catch (error) {
        logger.error({ error: String(error) }, 'a step of the shutdown failed');
      }
    }
    logger.flush();
  }
}
