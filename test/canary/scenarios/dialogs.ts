import { callTool, type Scenario, type Stage } from '../stage.ts';

const PLAN = { plan: '# The plan\n\n1. Do this\n2. Do that\n\n```\n❯ 1. Yes\n```\n' };

async function menu(stage: Stage, command: string): Promise<void> {
  stage.write('/');
  stage.truth('slash_menu', 'slash typed');
  await stage.pause(1_000);
  if (command !== '') await stage.type(command);
  await stage.pause(800);
}

/** Everything that asks the person. */
export const dialogs: Readonly<Record<string, Scenario>> = {
  trust: {
    trusted: false,
    sizes: [[60, 20]],
    async play(stage) {
      await stage.dialog('trust', /trust|Accessing workspace|safety check/i);
      if (!/❯\s*(?:1\.\s*)?Yes/.test(stage.text())) {
        stage.key('down');
        await stage.pause(500);
      }
      stage.key('enter');
      stage.truth('starting', 'trusted');
      await stage.pause(700);
      await stage.start();
      await stage.ask('slow: 20');
    },
  },
  questions: {
    sizes: [[80, 24]],
    async play(stage) {
      await stage.start();
      const question = (multiSelect: boolean) => ({
        question: multiSelect ? 'Which colours should it have?' : 'Which colour should it be?',
        header: 'Colour',
        multiSelect,
        options: [
          { label: 'Red', description: 'warm' },
          { label: 'Blue', description: 'cold' },
        ],
      });
      await stage.submit(callTool('AskUserQuestion', { questions: [question(false)] }));
      await stage.dialog('question', /❯\s*(?:1\.)?\s*Red/);
      stage.key('enter');
      stage.truth('unknown', 'answered');
      await stage.pause(500);
      // 2.0.45 shows the answers once more.
      if (/❯ 1\. Submit answers/.test(stage.text())) stage.key('enter');
      await stage.idle();
      await stage.pause(1_000);
      await stage.submit(callTool('AskUserQuestion', { questions: [question(true)] }));
      await stage.dialog('question', /❯\s*(?:1\.)?\s*(?:\[.\])?\s*Red/);
      await stage.giveUp('esc', 2_000);
      await stage.ask('slow: 15');
    },
  },
  plan: {
    async play(stage) {
      await stage.start();
      for (let press = 0; press < 2; press++) {
        stage.key('shiftTab');
        await stage.pause(500);
      }
      await stage.ask('slow: 15');
      await stage.submit(callTool('ExitPlanMode', PLAN));
      await stage.dialog('plan');
      await stage.giveUp('esc', 2_000);
      await stage.submit(callTool('ExitPlanMode', PLAN));
      await stage.dialog('plan');
      stage.key('enter');
      stage.truth('unknown', 'approved');
      await stage.idle();
      await stage.pause(1_500);
    },
  },
  menus: {
    sizes: [[60, 20]],
    async play(stage) {
      await stage.start();
      await menu(stage, 'co');
      stage.key('esc');
      stage.truth('idle', 'menu closed');
      await stage.pause(300);
      stage.key('ctrlU');
      await stage.pause(1_000);
      await stage.ask('slow: 15');
      await menu(stage, '');
      stage.key('down');
      await stage.pause(800);
      stage.key('backspace');
      stage.truth('idle', 'menu closed');
      await stage.pause(1_000);
      await menu(stage, 'model');
      stage.key('enter');
      stage.truth('unknown', 'picker opens');
      await stage.pause(2_000);
      stage.key('esc');
      stage.truth('idle', 'picker closed');
      await stage.pause(1_500);
      await menu(stage, 'config');
      stage.key('enter');
      stage.truth('unknown', 'panel opens');
      await stage.pause(2_000);
      for (let press = 0; press < 3 && /\bEsc to /i.test(stage.text()); press++) {
        stage.key('esc');
        await stage.pause(700);
      }
      stage.truth('idle', 'panel closed');
      await stage.pause(1_500);
      await stage.ask('say: at rest again');
    },
  },
  modes: {
    async play(stage) {
      await stage.start();
      for (let press = 0; press < 3; press++) {
        stage.key('shiftTab');
        await stage.pause(1_000);
      }
      await stage.ask('slow: 15');
      stage.write('?');
      stage.truth('unknown', 'shortcuts');
      await stage.pause(1_200);
      stage.key('backspace');
      await stage.pause(500);
      stage.truth('idle', 'shortcuts closed');
      await stage.pause(1_200);
      stage.write('!');
      await stage.pause(700);
      await stage.type('echo shell');
      await stage.pause(800);
      stage.key('enter');
      stage.truth('unknown', 'shell command');
      await stage.pause(2_500);
      stage.truth('idle', 'shell command over');
      await stage.pause(1_200);
      stage.write('@');
      await stage.pause(1_500);
      stage.key('backspace');
      await stage.pause(1_000);
    },
  },
};
