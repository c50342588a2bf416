import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { z } from 'zod';

const Result = z.looseObject({
  isError: z.boolean().optional(),
  structuredContent: z.record(z.string(), z.unknown()).optional(),
  content: z.array(z.looseObject({ type: z.string(), text: z.string().optional() })),
});

export interface McpConnection {
  call(tool: string, input: Readonly<Record<string, unknown>>): Promise<Record<string, unknown>>;
  close(): Promise<void>;
}

/** Talks to the daemon as any MCP client does. */
export async function connectMcp(address: {
  readonly port: number;
  readonly token: string;
}): Promise<McpConnection> {
  const client = new Client({ name: 'missiond-demo', version: '1' });
  const transport = new StreamableHTTPClientTransport(new URL(`http://127.0.0.1:${address.port}/mcp`), {
    requestInit: { headers: { authorization: `Bearer ${address.token}` } },
  });
  await client.connect(transport);
  return {
    async call(tool, input) {
      const result = Result.parse(await client.callTool({ name: tool, arguments: { ...input } }));
      if (result.isError === true)
        throw new Error(`${tool}: ${result.content.map(({ text }) => text ?? '').join('')}`);
      return result.structuredContent ?? {};
    },
    close: () => client.close(),
  };
}
