import { and, enqueueActions } from 'xstate';
import { conclude } from './session-conclusions.ts';
import { beginContext } from './session-context.ts';
import { levelWon, sessionSetup } from './session-setup.ts';

export type { SessionContext } from './session-context.ts';
export type { SessionEvent } from './session-events.ts';

/**
 * What one run of Claude Code is doing. Four regions are its state; `signals` takes everything in and
 * `reconciler` lets the screen correct the hooks. Nothing else decides what a session is doing.
 */
export const sessionMachine = sessionSetup.createMachine({
  id: 'session',
  context: ({ input }) => beginContext(input),
  type: 'parallel',
  states: {
    signals: {
      description: 'Takes in every signal of this run; those of another are counted and dropped.',
      on: {
        'screen.read': [{ guard: 'ofThisRun', actions: 'noteReading' }, { actions: 'countDropped' }],
        'hook.sessionStarted': [
          { guard: 'startsOurSession', actions: ['noteHook', 'noteSession'] },
          { actions: 'countDropped' },
        ],
        'hook.stopFailed': [
          { guard: 'hookOfThisRun', actions: ['noteHook', 'noteError'] },
          { actions: 'countDropped' },
        ],
        'hook.toolStarted': [
          { guard: 'hookOfThisRun', actions: ['noteHook', 'countTool'] },
          { actions: 'countDropped' },
        ],
        'hook.toolEnded': [
          { guard: 'hookOfThisRun', actions: ['noteHook', 'countTool'] },
          { actions: 'countDropped' },
        ],
        'hook.promptSubmitted': [
          { guard: 'hookOfThisRun', actions: ['noteHook', 'clearError'] },
          { actions: 'countDropped' },
        ],
        'hook.*': [{ guard: 'hookOfThisRun', actions: 'noteHook' }, { actions: 'countDropped' }],
        'statusLine.read': [{ guard: 'ofThisRun', actions: 'noteStatusLine' }, { actions: 'countDropped' }],
        'registry.read': [{ guard: 'ofThisRun', actions: 'noteRegistry' }, { actions: 'countDropped' }],
        'registry.lost': { guard: 'ofThisRun', actions: 'forgetRegistry' },
        'pty.exited': [
          { guard: 'ofThisRun', actions: ['noteTime', 'noteExit'] },
          { actions: 'countDropped' },
        ],
        'delivery.began': { guard: 'ofThisRun', actions: 'noteDelivery' },
        'delivery.ended': { guard: 'ofThisRun', actions: 'noteDelivery' },
        'session.restored': { guard: 'ofThisRun', actions: ['noteTime', 'forgetHooks'] },
      },
    },
    conversation: {
      description: 'What Claude Code is doing.',
      initial: 'starting',
      on: {
        // `/clear` and `/resume` leave an error or a limit behind with the conversation that they end.
        'hook.sessionStarted': { guard: and(['startsOurSession', 'rests']), target: '.idle' },
        'hook.promptSubmitted': [
          // Words typed while a tool runs are submitted behind its back; it runs on.
          { guard: and(['hookOfThisRun', 'toolRuns']) },
          { guard: 'hookOfThisRun', target: '.thinking' },
        ],
        'hook.toolStarted': { guard: 'hookOfThisRun', target: '.toolRunning' },
        'hook.permissionRequested': { guard: 'hookOfThisRun', target: '.confirming' },
        // One that comes behind Esc, behind Stop, or beside a compaction does not begin anything.
        'hook.toolEnded': [
          { guard: and(['hookOfThisRun', 'toolMayEnd', 'othersRun']), target: '.toolRunning' },
          { guard: and(['hookOfThisRun', 'toolRuns']), target: '.toolRunning.ended' },
          { guard: and(['hookOfThisRun', 'toolMayEnd']), target: '.thinking' },
        ],
        // It comes behind the tool that follows the text, too.
        'hook.messageShown': { guard: and(['hookOfThisRun', 'textMayCome']), target: '.responding' },
        'hook.compacting': { guard: 'hookOfThisRun', target: '.compacting' },
        // In the middle of a turn the turn goes on; `/compact` ends at rest, as Stop does.
        'hook.compacted': { guard: and(['hookOfThisRun', 'turnGoesOn']), target: '.thinking' },
        'hook.stopFailed': { guard: 'hookOfThisRun', target: '.error' },
        'pty.exited': { guard: 'ofThisRun', target: '.exited' },
        'level.starting': '.starting',
        'level.idle': '.idle',
        'level.thinking': '.thinking',
        'level.responding': '.responding',
        'level.toolRunning': '.toolRunning',
        'level.confirming': '.confirming',
        'level.error': '.error',
        'level.slashMenu': '.slashMenu',
        'level.trust': '.trust',
        'level.dialog': '.dialog',
        'level.interrupted': '.interrupted',
        'level.compacting': '.compacting',
        'level.parked': '.parked',
        'level.limited': '.limited',
        'level.unknown': '.unknown',
      },
      states: {
        starting: { description: 'The program runs; no prompt box yet.' },
        idle: {
          description: 'At rest at its prompt.',
          tags: 'resting',
          on: { 'registry.read': { guard: and(['ofThisRun', 'shellLives']), target: 'parked' } },
          entry: { type: 'enter', params: { to: 'idle' } },
        },
        thinking: {
          description: 'A turn goes on and no answer stands on the screen yet.',
          tags: 'busy',
          entry: { type: 'enter', params: { to: 'thinking' } },
        },
        responding: {
          description: 'The answer is being written.',
          tags: 'busy',
          entry: { type: 'enter', params: { to: 'responding' } },
        },
        toolRunning: {
          description: 'A tool runs.',
          tags: 'busy',
          entry: { type: 'enter', params: { to: 'toolRunning' } },
          initial: 'running',
          states: {
            running: { description: 'At least one tool runs.' },
            ended: {
              description: 'The last one has ended; another of the same round may follow at once.',
              after: { nextToolMayCome: '#session.conversation.thinking' },
              on: {
                'hook.messageShown': {
                  guard: 'hookOfThisRun',
                  target: '#session.conversation.responding',
                },
                // `after` is not armed again by a restored snapshot.
                'session.restored': { guard: 'ofThisRun', target: '#session.conversation.thinking' },
              },
            },
          },
        },
        confirming: {
          description: 'A permission dialog waits for an answer.',
          tags: 'asks',
          entry: { type: 'enter', params: { to: 'confirming' } },
        },
        error: {
          description: 'The turn ended with an error of the API; the prompt is open.',
          tags: 'resting',
          entry: { type: 'enter', params: { to: 'error' } },
        },
        slashMenu: {
          description: 'Somebody opened the list of commands.',
          tags: 'asks',
          entry: { type: 'enter', params: { to: 'slashMenu' } },
        },
        trust: {
          description: 'Asks whether the folder is trusted. Its default is No.',
          tags: 'asks',
          entry: { type: 'enter', params: { to: 'trust' } },
        },
        dialog: {
          description: 'Another dialog waits: a question, a plan, a picker, sign-in.',
          tags: 'asks',
          entry: { type: 'enter', params: { to: 'dialog' } },
        },
        interrupted: {
          description: 'A turn was interrupted; the prompt is open.',
          tags: 'resting',
          entry: { type: 'enter', params: { to: 'interrupted' } },
        },
        compacting: {
          description: 'The conversation is being compacted.',
          tags: 'busy',
          entry: { type: 'enter', params: { to: 'compacting' } },
        },
        parked: {
          description: 'The turn ended; background work is still alive.',
          tags: 'resting',
          on: { 'registry.read': { guard: and(['ofThisRun', 'shellIsGone']), target: 'idle' } },
          entry: { type: 'enter', params: { to: 'parked' } },
        },
        limited: {
          description: 'A usage limit was reached; nothing is typed before it ends.',
          tags: 'resting',
          entry: { type: 'enter', params: { to: 'limited' } },
        },
        unknown: {
          description: 'The signals do not agree on anything; nothing is typed.',
          entry: { type: 'enter', params: { to: 'unknown' } },
        },
        exited: {
          description: 'The program has ended.',
          tags: 'over',
          type: 'final',
          entry: { type: 'enter', params: { to: 'exited' } },
        },
      },
    },
    composer: {
      description: 'What stands in the prompt box.',
      initial: 'absent',
      on: {
        'screen.read': [
          { guard: { type: 'boxHolds', params: { kind: 'absent' } }, target: '.absent' },
          { guard: { type: 'boxHolds', params: { kind: 'empty' } }, target: '.empty' },
          { guard: { type: 'boxHolds', params: { kind: 'ghost' } }, target: '.ghost' },
          { guard: { type: 'boxHolds', params: { kind: 'menu' } }, target: '.menu' },
          { guard: 'weDraft', target: '.ourDraft' },
          { guard: { type: 'boxHolds', params: { kind: 'draft' } }, target: '.personDraft' },
        ],
      },
      states: {
        absent: { description: 'No prompt box stands on the screen.' },
        empty: { description: 'The box is empty.' },
        ghost: { description: 'Only a dimmed suggestion stands in the box; it is never accepted.' },
        ourDraft: { description: 'Text that missiond types.' },
        personDraft: { description: "A person's words: never sent, never erased." },
        menu: { description: 'A list of commands or files is open.' },
      },
    },
    attachment: {
      description: 'Who is at the terminal.',
      initial: 'none',
      on: {
        'attachment.changed': [
          { guard: and(['ofThisRun', 'nobodyLooks']), target: '.none' },
          { guard: 'ofThisRun', target: '.watched' },
        ],
        'person.typed': { guard: 'ofThisRun', target: '.takenOver' },
      },
      states: {
        none: { description: 'Nobody looks.' },
        watched: { description: 'Somebody looks and does not type.' },
        takenOver: {
          description: 'A person types; deliveries wait.',
          after: { personLetsGo: 'watched' },
          on: {
            'person.typed': { guard: 'ofThisRun', target: 'takenOver', reenter: true },
            // Somebody else who comes or goes does not take the keyboard from the person who types.
            'attachment.changed': [
              { guard: and(['ofThisRun', 'nobodyLooks']), target: 'none' },
              { guard: 'ofThisRun' },
            ],
            'session.restored': 'none',
          },
        },
      },
    },
    health: {
      description: 'Whether the signals can be trusted.',
      initial: 'ok',
      states: {
        ok: {
          description: 'The signals agree.',
          on: { 'level.unknown': 'suspect' },
          always: { guard: 'doubted', target: 'wavering' },
        },
        wavering: {
          description: 'A signal says something else; most often it is only late.',
          on: { 'level.unknown': 'suspect', 'session.restored': { target: 'wavering', reenter: true } },
          always: { guard: 'undoubted', target: 'ok' },
          after: { uncertain: { target: 'uncertain', actions: 'countMismatch' } },
        },
        uncertain: {
          description: 'The signals go on disagreeing; both readings are shown.',
          on: { 'level.unknown': 'suspect' },
          always: { guard: 'undoubted', target: 'ok' },
        },
        suspect: {
          description: 'The signals disagree, or the screen is not understood.',
          after: { stuck: 'stuck' },
          // `after` is not armed again by a restored snapshot.
          on: { 'session.restored': { target: 'suspect', reenter: true } },
          always: { guard: 'understood', target: 'ok' },
        },
        stuck: {
          description: 'Nothing that is understood has come for a long time.',
          always: { guard: 'understood', target: 'ok' },
        },
      },
    },
    reconciler: {
      description:
        'Lets what the other signals show correct the edges of the hooks, by the table of conclusions.',
      initial: 'agreeing',
      states: {
        agreeing: {
          description: 'The signals agree well enough.',
          entry: 'endDispute',
          always: [
            { guard: 'winsAtOnce', target: 'yielding', actions: 'noteDispute' },
            { guard: 'contradicted', target: 'contradicted' },
          ],
        },
        contradicted: {
          description: 'The signals say something else; they win when that lasts.',
          entry: 'noteDispute',
          always: [
            { guard: 'agreed', target: 'agreeing' },
            { guard: 'winsAtOnce', target: 'yielding', actions: 'noteDispute' },
            { guard: 'disputeMoved', target: 'contradicted', reenter: true },
          ],
          after: { settle: { target: 'yielding', actions: 'countMismatch' } },
          on: {
            'session.restored': { target: 'contradicted', reenter: true },
            // Another voice: the wait may be shorter now.
            'registry.read': { guard: 'ofThisRun', target: 'contradicted', reenter: true },
          },
        },
        yielding: {
          description: 'The conversation moves to what the signals say.',
          entry: enqueueActions(({ context, enqueue }) => {
            const conclusion = conclude(context);
            if (conclusion !== null) enqueue.raise(levelWon(conclusion.to, conclusion.rule));
          }),
          // Where it has come to may be disputed in its turn.
          on: { 'level.*': 'agreeing' },
          always: { guard: 'agreed', target: 'agreeing' },
        },
      },
    },
  },
});
