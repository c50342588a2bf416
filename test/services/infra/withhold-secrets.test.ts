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
  'root密码：hunter2',
  '登录密码：hunter2',
  '服务器密码是hunter2',
  '用户名root密码hunter2',
  '密码 (root): hunter2',
  '管理者パスワード: hunter2',
  'rootPassword: hunter2',
  'dbPassword=hunter2',
  'PGPASSWORD=hunter2 psql',
  'REDISCLI_AUTH=hunter2',
  'MYSQL_PWD=hunter2',
  'accessKeySecret: hunter2',
  'passwords: hunter2',
  'Passwort: hunter2',
  'password (root): hunter2',
  'password for root: hunter2',
  'password (hunter2)',
  `password${' '.repeat(60)}hunter2`,
  'curl -u admin:hunter2 https://box.example/',
  'mysql -h db -u app -phunter2',
  'redis-cli -h cache -a hunter2',
  'https://hunter2aaaaaa@box.example/',
  'root / hunter2',
  'ssh admin:hunter2',
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
  'postgres:5432, admin/ and root:wheel; passes through eu-west-1',
  'https://git@github.com/acme/box',
  '密码见内部文档',
])('%j is shown as it is', (text) => {
  expect(withholdSecrets(text)).toBe(text);
});

test('the longest description is looked through at once, whatever stands in it', () => {
  const most = 20_000;
  const hostile = [
    `?${'key'.repeat(most)}`,
    `password${' '.repeat(most)}`,
    `token:${' '.repeat(most)}`,
    'password '.repeat(most),
    'secret (('.repeat(most),
    'password"'.repeat(most),
    'mysql '.repeat(most),
    `root:${'a'.repeat(most)}`,
    'token for '.repeat(most),
    `@${'a'.repeat(most)}`,
    'a:'.repeat(most),
  ];
  const worst = Math.max(...hostile.map((text) => millisecondsFor(text.slice(0, most))));
  expect(worst).toBeLessThan(100);
});

/** The best of three: a busy machine is not what is measured. */
function millisecondsFor(text: string): number {
  const runs = Array.from({ length: 3 }, () => {
    const began = performance.now();
    withholdSecrets(text);
    return performance.now() - began;
  });
  return Math.min(...runs);
}
