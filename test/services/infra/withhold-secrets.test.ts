import { expect, test } from 'vitest';
import { withholdSecrets } from '../../../services/infra/withhold-secrets.ts';

test.each([
  'ssh -p 2222 root@10.0.0.5 (password hunter2)',
  'ssh root@10.0.0.5 (密码 hunter2)',
  'ssh root@10.0.0.5 （密码：hunter2）',
  '密码是hunter2',
  'Password: hunter2',
  'the password is hunter2.',
  'pw=hunter2; region eu',
  "passwd: 'hunter2 and more'",
  'DB_PASSWORD=hunter2',
  '"password": "hunter2"',
  'sshpass -p hunter2 ssh root@box',
  'https://admin:hunter2@box.example/health',
  'root:hunter2@10.0.0.5',
  'ssh root@10.0.0.5 (hunter2)',
  'https://box.example/health?token=hunter2&x=1',
  'token hunter2',
  'API key: hunter2',
])('%j is shown without its secret', (text) => {
  const shown = withholdSecrets(text);
  expect(shown).not.toContain('hunter2');
  expect(shown).toContain('[secret]');
  expect(withholdSecrets(shown)).toBe(shown);
});

test.each([
  'Ubuntu 24.04, 8 cores; ssh -p 2222 deploy@10.0.0.5 (main database)',
  'keys only, see https://wiki.example/box',
  'https://box.example:8443/health?deep=1',
  'spins up at 08:00, mail to ada@example.org',
])('%j is shown as it is', (text) => {
  expect(withholdSecrets(text)).toBe(text);
});
