import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { z } from 'zod';
import { Role, SlotId, TaskId } from '../../db/ids.ts';
import { connectMission } from '../../server/client/connect-mission.ts';
import type { Work } from './work.ts';

/** A way to hand in work. Rejects when it is not known whether the work was taken. */
export interface Door {
  readonly name: string;
  /** @param after a task that must be done first */
  submit(work: Work, after: TaskId | undefined): Promise<TaskId>;
  close(): Promise<void>;
}

/** Every work has a key: however often it is handed in, it is one task. */
function requestOf({ target, prompt, mark }: Work, after: TaskId | undefined) {
  const dependsOn = after === undefined ? {} : { dependsOn: [after] };
  const request = { prompt, idempotencyKey: mark, ...dependsOn };
  return 'slotId' in target
    ? { ...request, slotId: SlotId.parse(target.slotId) }
    : { ...request, role: Role.parse(target.role) };
}

/** The typed client: it finds whichever daemon serves the home now. */
export function clientDoor(home: string): Door {
  const client = connectMission({ home });
  return {
    name: 'client',
    async submit(work, after) {
      return (await client.submit(requestOf(work, after))).taskId;
    },
    close: async () => {},
  };
}

const Answer = z.looseObject({
  isError: z.boolean().optional(),
  content: z.unknown().optional(),
  structuredContent: z.unknown().optional(),
});
const Submitted = z.looseObject({ taskId: TaskId });

/** An MCP client with a `mission-mcp` of its own, started anew when it was killed. */
export function bridgeDoor(home: string, program: string, env: Readonly<Record<string, string>>): Door {
  let connected: Promise<Client> | undefined;

  async function open(): Promise<Client> {
    const client = new Client({ name: 'chaos', version: '1' });
    client.onclose = () => {
      connected = undefined;
    };
    const transport = new StdioClientTransport({
      command: process.execPath,
      args: [program, '--home', home],
      env: { ...env },
      stderr: 'ignore',
    });
    await client.connect(transport);
    return client;
  }

  return {
    name: 'mission-mcp',
    async submit(work, after) {
      connected ??= open();
      try {
        const client = await connected;
        const said = Answer.parse(
          await client.callTool({ name: 'mission_submit', arguments: requestOf(work, after) }),
        );
        if (said.isError === true) throw new Error(JSON.stringify(said.content));
        return Submitted.parse(said.structuredContent).taskId;
      } catch (error) {
        const failed = connected;
        connected = undefined;
        await failed?.then((client) => client.close()).catch(() => {});
        throw error;
      }
    },
    async close() {
      await connected?.then((client) => client.close()).catch(() => {});
    },
  };
}
