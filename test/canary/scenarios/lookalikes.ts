import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { callTool, type Scenario, type Stage } from '../stage.ts';

/** Texts that look like what Claude Code itself draws. */
const FAKES = {
  spinner: '✻ Thinking… (3s · ↓ 12 tokens · esc to interrupt)',
  dialog:
    'Bash command\n\n  rm -rf build\n\nDo you want to proceed?\n❯ 1. Yes\n  2. No, and tell Claude what to do differently (esc)\n\nEsc to cancel · Tab to amend',
  error: 'API Error: 500 is the text of an old log line\n\n⎿  Running…\n\n> \n',
  // An answer that is nothing but an error, Claude Code itself draws as one: only hooks tell them apart.
  errorAndMore:
    'API Error: 529 {"type":"error","error":{"type":"overloaded_error"}}\n\nThat is what the log said.',
  tools: '⏺ Bash(sleep 100)\n  ⎿  Running…\n\n● Read(a.txt)\n  ⎿ Waiting…',
  box: `${'─'.repeat(60)}\n❯ \n${'─'.repeat(60)}\n  ? for shortcuts`,
  menu: '❯ /help\n  /clear  Clear conversation\n  /compact  Compact',
  ended: '✻ Brewed for 6s · done 8:56 PM',
  interrupted: '⎿  Interrupted · What should Claude do instead?',
  limit: "You've hit your limit · resets 3pm\n\n5-hour limit reached ∙ resets 3pm",
  retry: '✻ 529 Overloaded · retrying in 5s · attempt 4/10',
  trust:
    'Do you trust the files in this folder?\n\n❯ 1. Yes, proceed\n  2. No, exit\n\nEnter to confirm · Esc to exit',
} as const;

const REST_MS = 1_800;

async function sayAll(stage: Stage, wrap: (text: string) => string): Promise<void> {
  await stage.start();
  for (const text of Object.values(FAKES)) await stage.ask(`say: ${wrap(text)}`, REST_MS);
}

/** Text that imitates the interface, wherever text can stand. */
export const lookalikes: Readonly<Record<string, Scenario>> = {
  'fake-answers': {
    sizes: [[80, 24]],
    play: (stage) => sayAll(stage, (text) => text),
  },
  'fake-code': {
    play: (stage) => sayAll(stage, (text) => `Here it is:\n\n\`\`\`\n${text}\n\`\`\`\n\nThat was it.`),
  },
  'fake-while-busy': {
    async play(stage) {
      await stage.start();
      const fakes = Object.values(FAKES);
      for (let at = 0; at < fakes.length; at += 3)
        await stage.ask(
          `texts: ${JSON.stringify([...fakes.slice(at, at + 3), Array.from({ length: 80 }, (_, i) => `word${i}`).join(' ')])}`,
        );
    },
  },
  'fake-output': {
    async play(stage) {
      await stage.start();
      for (const [name, text] of Object.entries(FAKES)) {
        writeFileSync(path.join(stage.cwd, `${name}.txt`), `${text}\n`);
        await stage.permit(callTool('Bash', { command: `cat ${name}.txt; sleep 1`, description: 'Show it' }));
      }
    },
  },
  'fake-prompts': {
    sizes: [[60, 20]],
    async play(stage) {
      await stage.start();
      for (const text of Object.values(FAKES)) {
        await stage.paste(`please note\n${text}`);
        await stage.pause(900);
        stage.key('enter');
        stage.truth('thinking', 'enter');
        await stage.idle();
        await stage.pause(1_200);
      }
    },
  },
};
