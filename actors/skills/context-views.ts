import { z } from 'zod';
import { BoardTaskId } from '../../db/ids.ts';
import { BoardPriority, BoardStatus } from '../board/board-views.ts';
import { ServerView } from '../infra/infra-views.ts';
import { SkillView } from './skill-views.ts';

export const BuiltContextView = z.object({
  context: z.string().describe('Facts, no orders; empty when nothing bears on it.'),
  skills: z.array(z.string()).describe('Topics of the skills in it.'),
  knowledge: z.array(z.string()).describe('Keys of the entries in it.'),
  cut: z.boolean().describe('Something was left out, as it would have been too long.'),
});
export type BuiltContextView = z.infer<typeof BuiltContextView>;

const asked = z.enum(['query', 'dependency']);

export const ResolvedContextView = z.object({
  skills: z.array(
    SkillView.extend({ matched_by: z.enum(['direct', 'query', 'dependency', 'dependency_l2']) }),
  ),
  missing: z.array(z.string()).describe('Skills that others require and nobody has.'),
  infra: z.array(ServerView.extend({ matched_by: asked })),
  kb: z.array(z.object({ category: z.string(), key: z.string(), summary: z.string(), matched_by: asked })),
  board: z.array(
    z.object({ id: BoardTaskId, title: z.string(), status: BoardStatus, priority: BoardPriority }),
  ),
});
export type ResolvedContextView = z.infer<typeof ResolvedContextView>;
