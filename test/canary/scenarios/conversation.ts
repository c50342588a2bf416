import { atLeast } from '../../../services/claude/version-order.ts';
import { callTool, type Scenario } from '../stage.ts';

/** Answers of every shape, errors, retries, interrupts, words typed ahead. */
export const conversation: Readonly<Record<string, Scenario>> = {
  talk: {
    async play(stage) {
      await stage.start();
      await stage.ask('say: hello there');
      await stage.ask('slow: 40');
      await stage.ask('think: 4');
      await stage.ask(
        'say: a\n\n- one\n- two\n\n```js\nconst x = 1;\n```\n\n| a | b |\n| - | - |\n| 1 | 2 |\n',
      );
      await stage.type('half a thought left in the box');
      await stage.pause(1_200);
      stage.key('ctrlU');
      await stage.pause(800);
    },
  },
  scrolling: {
    sizes: [
      [60, 20],
      [80, 24],
    ],
    async play(stage) {
      await stage.start();
      await stage.ask('lines: 60');
      await stage.ask('slow: 120');
      await stage.ask('think: 2');
      await stage.ask(
        'texts: ["First block of an answer.", "Second block.\\n\\nIts second paragraph.", "Third block."]',
      );
    },
  },
  interrupts: {
    async play(stage) {
      await stage.start();
      await stage.submit('think: 20');
      await stage.pause(2_500);
      await stage.giveUp('esc');
      await stage.submit('slow: 120');
      await stage.pause(3_500);
      await stage.giveUp('esc');
      await stage.begin(callTool('Bash', { command: 'sleep 30; cat a.txt', description: 'Wait for long' }));
      await stage.pause(3_000);
      await stage.giveUp('esc', 2_000);
      await stage.submit(callTool('Bash', { command: 'touch never', description: 'Make a file' }));
      await stage.dialog('permission');
      await stage.giveUp('esc', 2_000);
      await stage.submit('slow: 120');
      await stage.pause(3_000);
      // To 2.0.60 Ctrl+C did not stop a streaming answer.
      await stage.giveUp(atLeast(stage.version, '2.1.0') ? 'ctrlC' : 'esc', 2_500);
      await stage.ask('say: still here');
    },
  },
  silence: {
    async play(stage) {
      await stage.start();
      await stage.submit('hang');
      await stage.pause(6_000);
      await stage.giveUp('esc');
      await stage.ask('say: after the silence');
    },
  },
  errors: {
    async play(stage) {
      await stage.start();
      await stage.submit('error: 400');
      await stage.see(/API Error/);
      await stage.pause(200);
      stage.truth('error', 'API error shown');
      await stage.pause(2_000);
      await stage.ask('say: better now');
      await stage.submit('error: 422');
      await stage.see(/API Error[\s\S]*422/);
      await stage.pause(200);
      stage.truth('error', 'API error shown');
      await stage.pause(2_000);
      await stage.ask('say: better again');
    },
  },
  retries: {
    errorMeans: 'thinking',
    async play(stage) {
      await stage.start();
      await stage.ask('flaky: 529 3');
      await stage.ask('flaky: 500 2');
      await stage.submit('error: 529');
      await stage.pause(5_000);
      await stage.giveUp('esc', 2_000);
      await stage.ask('say: recovered for good');
    },
  },
  ahead: {
    async play(stage) {
      await stage.start();
      await stage.submit('slow: 50');
      await stage.heard();
      await stage.pause(1_000);
      await stage.type('say: typed while it was busy');
      stage.key('enter');
      await stage.pause(800);
      await stage.type('a draft that is not sent');
      await stage.idle();
      await stage.pause(400);
      await stage.idle();
      await stage.pause(2_500);
      stage.key('ctrlU');
      await stage.pause(800);
      await stage.begin(callTool('Bash', { command: 'sleep 6; cat a.txt', description: 'Wait a little' }));
      await stage.pause(500);
      await stage.type('say: typed while a tool ran');
      stage.key('enter');
      await stage.idle();
      await stage.pause(400);
      await stage.idle();
      await stage.pause(2_500);
    },
  },
  compaction: {
    async play(stage) {
      await stage.start();
      await stage.ask('slow: 20');
      await stage.ask('lines: 30');
      stage.write('/');
      stage.truth('slash_menu', 'slash command typed');
      await stage.type('compact');
      await stage.pause(1_000);
      stage.key('enter');
      stage.truth('thinking', 'compaction begins');
      await stage.see(/Compacted|Conversation compacted/, 30_000);
      stage.truth('idle', 'compaction over');
      await stage.pause(2_500);
      await stage.ask('slow: 15');
    },
  },
  wide: {
    sizes: [
      [60, 20],
      [200, 60],
    ],
    async play(stage) {
      await stage.start();
      await stage.ask(
        `say: ${'日本語の応答です。とても長い行で、端末の幅を超えるはずです。🎉🎉👩‍👩‍👧 e\u0301mojis '.repeat(3)}`,
      );
      await stage.type('半分だけ書いた日本語の下書き 🎉');
      await stage.pause(1_000);
      stage.key('ctrlU');
      await stage.pause(600);
      await stage.permit(
        callTool('Bash', { command: "echo '漢字 🎉 e\u0301' && touch 漢字.txt", description: '漢字を書く' }),
      );
      await stage.ask('slow: 20');
    },
  },
};
