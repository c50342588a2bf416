import { expect, it } from 'vitest';
import { apiTroubleOf } from '../../../services/claude/api-trouble.ts';

it.each([
  'authentication_failed',
  'API Error: 401 {"type":"error","error":{"type":"authentication_error"}} · Please run /login',
  'Invalid API key · Please run /login',
  'OAuth token has expired',
])('an account that is signed out: %s', (words) => {
  expect(apiTroubleOf(words)).toBe('needs_login');
});

it.each([
  'overloaded',
  'server_error',
  'API Error: 529 Overloaded',
  'API Error: 500 Internal server error',
  'API Error: Connection error.',
  'Unable to connect to API (ECONNREFUSED)',
])('a service that is down: %s', (words) => {
  expect(apiTroubleOf(words)).toBe('api_down');
});

it.each(['rate_limit', 'unknown', 'API Error: 400 invalid_request_error', 'the server answered 500', ''])(
  'neither: %s',
  (words) => {
    expect(apiTroubleOf(words)).toBeNull();
  },
);
