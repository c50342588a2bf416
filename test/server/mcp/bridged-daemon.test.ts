import { expect, test } from 'vitest';
import { bridgedDaemon } from '../../../server/mcp/bridged-daemon.ts';

const TOKEN = 't'.repeat(43);

test.each([
  'https://build.example.com:9120',
  'https://10.1.2.3:9120/',
  'http://127.0.0.1:9120',
  'http://[::1]:9120',
])('a bridge serves the daemon at %s with the token that it was given', async (url) => {
  const daemon = bridgedDaemon('/nowhere', { MISSION_URL: url, MISSION_TOKEN: TOKEN });
  expect(await daemon()).toEqual({ url: url.replace(/\/$/, ''), token: TOKEN });
});

test.each([
  ['http://build.example.com:9120', TOKEN, /without TLS/],
  ['http://10.1.2.3:9120', TOKEN, /without TLS/],
  ['http://127.0.0.1.evil.example', TOKEN, /without TLS/],
  ['ftp://build.example.com', TOKEN, /not the address/],
  ['build.example.com:9120', TOKEN, /not the address/],
  ['https://build.example.com/mcp', TOKEN, /not the address/],
  ['https://build.example.com', '', /MISSION_TOKEN is not set/],
])('%s with the token %j is refused', (url, token, words) => {
  expect(() => bridgedDaemon('/nowhere', { MISSION_URL: url, MISSION_TOKEN: token })).toThrow(words);
});

test.each(['coder-1', '../../etc', '__proto__'])(
  'an agent whose session is not there (%j) is not taken for the owner, and starts nothing',
  async (slot) => {
    await expect(bridgedDaemon('/nowhere', { MISSIOND_SLOT_ID: slot })()).rejects.toMatchObject({
      code: 'config_invalid',
      message: expect.stringContaining('No session'),
    });
  },
);
