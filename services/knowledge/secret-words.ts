import { redactTokens } from '../../db/redact-tokens.ts';

/** `password: hunter22`, `API_KEY=…`, `sshpass -p …`: no known shape, but said to be one. */
const SAID_TO_BE =
  /(?:pass(?:word|wd|phrase)?|secret|api[_-]?key|access[_-]?key|auth[_-]?token|private[_-]?key|密码|口令)["']?\s{0,3}(?:[:=：]|\bis\b)\s{0,3}["']?(?!\$\{|<|\*{3}|\.{3}|…|\[secret\])[^\s"',;]{6,}|sshpass\s+-p\s*\S+/i;

/** True of a text that seems to hold a secret: it has no place in what is remembered, shown and given to models. */
export const holdsSecret = (text: string): boolean => redactTokens(text) !== text || SAID_TO_BE.test(text);
