import { z } from 'zod';
import type { Operation } from './operation.ts';

/** How many of the tools a session of a client is shown: each costs its context the words of a schema. */
export const ToolProfile = z.enum(['core', 'worker', 'full']);
export type ToolProfile = z.infer<typeof ToolProfile>;

/** What an orchestrator does every day: give work, follow it, answer, look, know. */
const CORE: readonly string[] = [
  'mission_submit',
  'mission_ask',
  'mission_status',
  'mission_task',
  'mission_task_ack',
  'mission_task_track',
  'mission_cancel',
  'mission_inbox',
  'mission_slots',
  'mission_pty_status',
  'mission_pty_screen',
  'mission_pty_send',
  'mission_pty_spawn',
  'mission_pty_kill',
  'mission_pty_interrupt',
  'mission_pty_confirm',
  'mission_question_list',
  'mission_question_answer',
  'mission_question_dismiss',
  'mission_board_list',
  'mission_board_create',
  'mission_board_update',
  'mission_kb_search',
  'mission_kb_get',
  'mission_kb_remember',
  'mission_worker_create',
  'mission_worker_list',
  'mission_worker_get',
  'mission_worker_land',
  'mission_message_send',
  'mission_message_list',
];

/** What somebody needs who does a part of the work. */
const WORKER: readonly string[] = [
  'mission_whoami',
  'mission_done',
  'mission_hand_over',
  'mission_question_ask',
  'mission_question_create',
  'mission_message_send',
  'mission_message_list',
  'mission_message_read',
  'mission_message_ack',
  'mission_merge_request',
  'mission_worker_list',
  'mission_overlap_list',
  'mission_kb_search',
  'mission_kb_get',
  'mission_kb_remember',
  'mission_board_list',
  'mission_board_get',
  'mission_board_claim',
  'mission_board_update',
  'mission_board_note_add',
];

/** Whether a tool is in a profile. What a caller may do is asked besides. */
export function isInProfile(profile: ToolProfile, { name }: Pick<Operation, 'name'>): boolean {
  if (profile === 'full') return true;
  return (profile === 'core' ? CORE : WORKER).includes(name);
}

export const TOOL_PROFILES = { core: CORE, worker: WORKER } as const;
