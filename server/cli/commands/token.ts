import { ensureHome } from '../../../services/config/home.ts';
import { MissionError } from '../../../services/errors/mission-error.ts';
import { openTokenStore, TokenName, TokenRole } from '../../auth/token-store.ts';
import { sayIssues } from '../../say-issues.ts';
import type { Command } from '../command.ts';
import { table } from '../table.ts';

function wrong(message: string): MissionError {
  return new MissionError('input_invalid', `missiond token: ${message}`, {
    remedy: `Usage: missiond token ${token.usage}`,
  });
}

/** The file of tokens itself is written: it counts at once, whether a daemon runs or not. */
export const token: Command = {
  name: 'token',
  agents: 'nothing',
  summary: 'tokens for others than you: viewers see everything, orchestrators also act',
  usage: 'create --role viewer|orchestrator [--name NAME] | list | revoke NAME',
  options: {
    role: { type: 'string', help: 'create: viewer or orchestrator' },
    name: { type: 'string', help: 'create: what it is called' },
  },
  words: [1, 2],
  async run({ values, positionals: [what, which] }, { home, print }) {
    ensureHome(home);
    const tokens = openTokenStore(home);
    if (what === 'create' && which === undefined) {
      const role = TokenRole.safeParse(values['role']);
      if (!role.success) throw wrong('whose? Give --role viewer or --role orchestrator.');
      const name = TokenName.optional().safeParse(values['name']);
      if (!name.success) throw wrong(sayIssues(name.error));
      const made = tokens.create(role.data, name.data);
      print(made, () => `${made.token}\n\n${made.name} (${made.role}). It is shown once and kept nowhere.\n`);
      return 0;
    }
    if (what === 'list' && which === undefined) {
      const all = tokens.list();
      print({ tokens: all }, () =>
        table(
          ['NAME', 'ROLE', 'MADE'],
          all.map(({ name, role, createdAt }) => [name, role, createdAt]),
        ),
      );
      return 0;
    }
    if (what === 'revoke' && which !== undefined) {
      const revoked = tokens.revoke(which);
      print({ revoked }, () => `${revoked.name} opens nothing any more\n`);
      return 0;
    }
    throw wrong(`${[what, which].filter(Boolean).join(' ')}?`);
  },
};
