import { completable } from '@modelcontextprotocol/sdk/server/completable.js';
import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { z } from 'zod';
import type { Mission } from '../../actors/mission/api.ts';

/** The prompts that whoever leads a team has, which Claude Code shows as `/mcp__missiond__<name>`. */
export function offerOrchestratorPrompts(server: McpServer, mission: Pick<Mission, 'slots'>): void {
  const say = (text: string) => ({
    messages: [{ role: 'user' as const, content: { type: 'text' as const, text } }],
  });
  const roles = (): string[] => [...new Set(mission.slots().map(({ role }) => String(role)))];

  server.registerPrompt(
    'team',
    { title: 'How the team stands', description: 'Who works on what, what waits, what it has cost' },
    () =>
      say(
        'Look with mission_pty_status, mission_task and mission_question_list how the team stands. Say in a line each what every slot does, which tasks have ended since you last looked and how, and what waits for whom. Change nothing.',
      ),
  );
  server.registerPrompt(
    'delegate',
    {
      title: 'Give work away',
      description: 'Cuts a piece of work into tasks and gives them to the team',
      argsSchema: {
        work: z.string().min(1).describe('What is to be done.'),
        role: completable(
          z.string().optional().describe('Whom to give it to; the roles are those of mission_slots.'),
          (begun) => roles().filter((role) => role.startsWith(begun ?? '')),
        ),
      },
    },
    ({ work, role }) =>
      say(
        `Give this to the team: ${work}\n\nCut it into tasks that can be done beside one another, each whole in itself: its goal, the files it concerns, and how one sees that it is done. Submit them with mission_submit (${role === undefined ? 'choose the role by mission_slots' : `role ${role}`}; \`after\` where one needs another), follow them with mission_status, read the results, and say what came of the whole.`,
      ),
  );
  server.registerPrompt(
    'unblock',
    { title: 'Answer what waits', description: 'Goes through the questions of agents that wait' },
    () =>
      say(
        'Go through mission_question_list, the oldest first. Answer what follows from the task or from what the team knows (mission_kb_search); put to me what only I can decide, with what you would answer. Questions with personOnly are mine alone.',
      ),
  );
}
