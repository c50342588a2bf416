/** Why the API did no work for anybody, apart from what was asked of it. */
export type ApiTrouble = 'needs_login' | 'api_down';

/** The word of StopFailure (2.1.329), or the words on the screen. A limit and a bad request are neither. */
const NEEDS_LOGIN =
  /\bauthentication_(?:failed|error)\b|\bPlease run \/login\b|\bAPI Error: 401\b|\bInvalid API key\b|\bOAuth token\b.*\b(?:expired|revoked)\b/i;
const API_DOWN =
  /^(?:server_error|overloaded)$|\bAPI Error: (?:5\d\d\b|Connection error|Request timed out)|\boverloaded_error\b|\bUnable to connect to API\b|\bE(?:CONNREFUSED|CONNRESET|TIMEDOUT|NOTFOUND|AI_AGAIN)\b/i;

/** What the words of an error of the API say about the service itself. Null: the error is the turn's own. */
export function apiTroubleOf(words: string): ApiTrouble | null {
  if (NEEDS_LOGIN.test(words)) return 'needs_login';
  return API_DOWN.test(words) ? 'api_down' : null;
}
