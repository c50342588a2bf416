import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { FastifyInstance } from 'fastify';

const FILES = [
  { url: '/', file: 'index.html', type: 'text/html; charset=utf-8' },
  { url: '/board.js', file: 'board.js', type: 'text/javascript; charset=utf-8' },
  { url: '/icon.svg', file: 'icon.svg', type: 'image/svg+xml' },
  { url: '/board.css', file: 'board.css', type: 'text/css; charset=utf-8' },
] as const;

/** Nothing from elsewhere, nothing inline, in nobody's frame. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** The page. It holds no data of its own: everything comes over the socket, with the token of the address's fragment. */
export function registerBoard(app: FastifyInstance): void {
  for (const { url, file, type } of FILES) {
    app.get(url, { schema: { hide: true } }, async (_, reply) => {
      const body = await readFile(fileURLToPath(new URL(`./${file}`, import.meta.url)));
      return reply
        .header('content-security-policy', POLICY)
        .header('x-content-type-options', 'nosniff')
        .header('referrer-policy', 'no-referrer')
        .header('cache-control', 'no-store')
        .type(type)
        .send(body);
    });
  }
}
