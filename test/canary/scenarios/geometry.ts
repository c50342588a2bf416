import { callTool, type Scenario } from '../stage.ts';

/** Windows that change, and prompts that do not fit. */
export const geometry: Readonly<Record<string, Scenario>> = {
  resizes: {
    async play(stage) {
      await stage.start();
      await stage.submit('slow: 60');
      await stage.pause(1_500);
      stage.resize(90, 30);
      await stage.pause(1_500);
      stage.resize(60, 22);
      await stage.idle();
      await stage.pause(1_500);
      await stage.submit(
        callTool('Bash', { command: 'touch x1 && sleep 2', description: 'Make a file in a narrow window' }),
      );
      await stage.dialog('permission');
      stage.resize(120, 40);
      await stage.pause(1_000);
      stage.resize(50, 24);
      await stage.pause(1_000);
      stage.key('enter');
      stage.truth('tool_running', 'allowed');
      await stage.idle();
      await stage.pause(800);
      stage.resize(140, 45);
      await stage.pause(1_500);
      await stage.submit('think: 4');
      await stage.pause(1_000);
      for (const [columns, rows] of [
        [100, 30],
        [80, 24],
        [200, 60],
        [140, 45],
      ] as const) {
        stage.resize(columns, rows);
        await stage.pause(300);
      }
      await stage.idle();
      await stage.pause(1_000);
    },
  },
  'tall-draft': {
    sizes: [
      [80, 24],
      [60, 20],
    ],
    async play(stage) {
      await stage.start();
      await stage.ask('say: before the tall one');
      const rows = stage.rows + 6;
      await stage.type('say: a tall one');
      for (let row = 0; row < rows; row++) {
        stage.key('ctrlJ');
        await stage.type(`row ${row}`);
        if (row === Math.floor(stage.rows / 2)) await stage.pause(1_500);
      }
      await stage.pause(2_000);
      stage.key('enter');
      stage.truth('thinking', 'enter');
      await stage.idle();
      await stage.pause(1_500);
      await stage.ask('slow: 20');
      await stage.submit('slow: 60');
      await stage.heard();
      await stage.type('a draft');
      for (let row = 0; row < 8; row++) {
        stage.key('ctrlJ');
        await stage.type(`busy row ${row}`);
      }
      await stage.idle();
      await stage.pause(1_500);
    },
  },
};
