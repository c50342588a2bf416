import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { connectMission, type MissionClient } from '../../server/client/connect-mission.ts';
import type { Daemon, World } from './world.ts';

const Door = z.object({ token: z.string() });

/** The agent of a slot, by the token of its session. */
export function agentOf({ home }: World, { port }: Daemon, slotId: string): MissionClient {
  const file = path.join(home, 'agents', slotId, 'door.json');
  const { token } = Door.parse(JSON.parse(readFileSync(file, 'utf8')));
  return connectMission({ url: `http://127.0.0.1:${port}`, token });
}

const Entry = z.looseObject({
  type: z.string(),
  message: z.looseObject({ role: z.string(), content: z.unknown().optional() }).optional(),
  attachment: z.looseObject({ type: z.string(), content: z.unknown().optional() }).optional(),
});

/** What stands in the conversation of a slot: of the prompts and of what hooks have added, the text. */
export async function wordsGivenTo(client: MissionClient, slotId: string): Promise<string> {
  const { transcriptFile = '' } = await client.ptyLogs({ slotId });
  return readFileSync(transcriptFile, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => Entry.parse(JSON.parse(line)))
    .flatMap(({ type, message, attachment }) => {
      if (type === 'user') return [JSON.stringify(message?.content)];
      return attachment?.type === 'hook_additional_context' ? [JSON.stringify(attachment.content)] : [];
    })
    .join('\n');
}
