import { MissionError, toFailure } from '../../../services/errors/mission-error.ts';
import { findingsOf } from '../checks.ts';
import type { Command } from '../command.ts';
import { collectReport, reportName, writeReport } from '../report.ts';

export const doctor: Command = {
  name: 'doctor',
  agents: 'nothing',
  summary: 'check Node, native modules, Claude Code, the configuration and the daemon',
  usage: '[--report [FILE]]',
  options: {
    report: { type: 'boolean', help: 'pack what a bug report needs into one file, without secrets' },
  },
  words: [0, 1],
  async run({ values, positionals }, { home, env, call, print }) {
    if (positionals.length > 0 && values['report'] !== true)
      throw new MissionError('input_invalid', 'missiond doctor takes a file only with --report.');
    const findings = await findingsOf({ home, env, call });
    if (values['report'] === true) {
      // The daemon may be the very thing that does not work.
      const slots = await call('mission_pty_status').catch((error: unknown) => ({ error: toFailure(error) }));
      const report = await collectReport({ home, env, findings, slots });
      const file = await writeReport(positionals[0] ?? reportName(new Date()), report);
      print({ report: file }, () => `${file}\nRead it before you attach it to a bug report.\n`);
      return 0;
    }
    print({ findings }, () =>
      findings
        .map(({ check, result, detail }) => `${result.padEnd(5)} ${check.padEnd(17)} ${detail}\n`)
        .join(''),
    );
    return findings.some(({ result }) => result === 'fail') ? 1 : 0;
  },
};
