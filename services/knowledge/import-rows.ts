import { closeSync, fstatSync, openSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { messageOf } from '../errors/message-of.ts';
import { MissionError } from '../errors/mission-error.ts';
import { KnowledgeCategory } from './category.ts';

export const IMPORT_FORMATS = ['json', 'jsonl', 'markdown', 'servers_yaml'] as const;
export type ImportFormat = (typeof IMPORT_FORMATS)[number];

const MOST_BYTES = 16 * 1024 * 1024;
const MOST_FILES = 2_000;
const MOST_SUMMARY = 300;
const MOST_KEY = 200;

/** One entry of a file, as it would be remembered. */
const ImportedEntry = z.object({
  category: KnowledgeCategory,
  key: z.string().trim().min(1).max(MOST_KEY),
  summary: z.string().trim().min(1),
  detail: z.record(z.string(), z.unknown()).optional(),
  confidence: z.number().min(0).max(1).optional(),
});
export type ImportedEntry = z.infer<typeof ImportedEntry>;

/** Where it stands, and the entry or why it is none. */
export type ImportRow = { readonly place: string } & (
  | { readonly entry: ImportedEntry }
  | { readonly problem: string }
);

const Server = z.looseObject({
  id: z.string(),
  name: z.string().optional(),
  provider: z.string().optional(),
});
const FRONT_MATTER = /^---\r?\n([\s\S]*?)\r?\n---\r?\n?/;

function refused(message: string, cause?: unknown): MissionError {
  return new MissionError('input_invalid', message, { cause, remedy: 'Nothing was imported.' });
}

function readText(file: string): string {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(file, 'r');
    const stat = fstatSync(descriptor);
    if (!stat.isFile()) throw refused(`${file} is no file.`);
    if (stat.size > MOST_BYTES) throw refused(`${file} is larger than ${MOST_BYTES / 1024 / 1024} MB.`);
    return readFileSync(descriptor, 'utf8');
  } catch (error) {
    if (error instanceof MissionError) throw error;
    throw refused(`${file} cannot be read: ${messageOf(error)}`, error);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

const said = ({ issues }: z.ZodError): string =>
  issues.map((issue) => `${issue.path.join('.') || 'it'}: ${issue.message}`).join('; ');

function rowOf(place: string, value: unknown): ImportRow {
  const { success, data, error } = ImportedEntry.safeParse(value);
  return success ? { place, entry: data } : { place, problem: said(error) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function fromJson(file: string): readonly ImportRow[] {
  const value = parsed(readText(file));
  if (value instanceof Error) throw refused(`${file} is no JSON: ${value.message}`, value);
  const list = z.union([z.array(z.unknown()), z.object({ entries: z.array(z.unknown()) })]).safeParse(value);
  if (!list.success) throw refused(`${file} holds no list of entries.`);
  const entries = Array.isArray(list.data) ? list.data : list.data.entries;
  return entries.map((entry, index) => rowOf(`[${index}]`, entry));
}

function fromLines(file: string): readonly ImportRow[] {
  return readText(file)
    .split('\n')
    .flatMap((line, index) => {
      if (line.trim() === '') return [];
      const place = `line ${index + 1}`;
      const value = parsed(line);
      return [value instanceof Error ? { place, problem: `no JSON: ${value.message}` } : rowOf(place, value)];
    });
}

function markdownFiles(place: string): readonly string[] {
  if (!statSync(place).isDirectory()) return [place];
  // Links are not followed: they lead out of the folder.
  const files = readdirSync(place, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.md$/i.test(entry.name))
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort();
  if (files.length > MOST_FILES) throw refused(`${place} holds more than ${MOST_FILES} files.`);
  return files;
}

function frontMatter(text: string): Record<string, unknown> | string {
  const source = FRONT_MATTER.exec(text)?.[1];
  if (source === undefined) return {};
  try {
    return z
      .record(z.string(), z.unknown())
      .catch({})
      .parse(parseYaml(source, { maxAliasCount: 0 }));
  } catch (error) {
    return `its front matter is no YAML: ${messageOf(error)}`;
  }
}

/** The first words that are no heading. */
function firstWords(body: string): string {
  const paragraph = body
    .split(/\n\s*\n/)
    .map((part) => part.replace(/^#+\s.*$/gm, '').trim())
    .find((part) => part !== '');
  return (paragraph ?? body.replace(/^#+\s*/, '')).replace(/\s+/g, ' ').trim().slice(0, MOST_SUMMARY);
}

/** A file is an entry: its name, or `key:` of its front matter, is the key; the folder it lies in, its category. */
function fromMarkdown(root: string, file: string): ImportRow {
  const place = path.relative(root, file) || path.basename(file);
  const text = readText(file);
  const matter = frontMatter(text);
  if (typeof matter === 'string') return { place, problem: matter };
  const body = text.replace(FRONT_MATTER, '').trim();
  const folders = path
    .dirname(place)
    .split(path.sep)
    .filter((step) => step !== '.');
  const category =
    folders.map((step) => step.toLowerCase().replace(/[^a-z0-9_-]+/g, '-')).join(':') || 'memory';
  return rowOf(place, {
    category: matter['category'] ?? category,
    key: matter['key'] ?? matter['name'] ?? path.basename(file).replace(/\.md$/i, ''),
    summary: matter['summary'] ?? matter['description'] ?? firstWords(body),
    detail: body === '' ? undefined : { text: body },
    confidence: matter['confidence'],
  });
}

function fromServers(file: string): readonly ImportRow[] {
  let value: unknown;
  try {
    value = parseYaml(readText(file), { maxAliasCount: 0 });
  } catch (error) {
    if (error instanceof MissionError) throw error;
    throw refused(`${file} is no YAML: ${messageOf(error)}`, error);
  }
  const list = z.object({ servers: z.array(z.unknown()) }).safeParse(value);
  if (!list.success) throw refused(`${file} holds no \`servers:\`.`);
  return list.data.servers.map((one, index) => {
    const place = `servers[${index}]`;
    const server = Server.safeParse(one);
    if (!server.success) return { place, problem: said(server.error) };
    const { id, name = id, provider, ...detail } = server.data;
    const summary = provider === undefined ? name : `${name} (${provider})`;
    return rowOf(place, { category: 'infra', key: id, summary, detail: { name, provider, ...detail } });
  });
}

/**
 * Reads what is to be imported, row by row.
 * @param place a file; of Markdown a folder, too
 * @throws MissionError `input_invalid` when nothing of it can be read
 */
export function importRows(format: ImportFormat, place: string): readonly ImportRow[] {
  if (format === 'json') return fromJson(place);
  if (format === 'jsonl') return fromLines(place);
  if (format === 'servers_yaml') return fromServers(place);
  let files: readonly string[];
  try {
    files = markdownFiles(place);
  } catch (error) {
    if (error instanceof MissionError) throw error;
    throw refused(`${place} cannot be read: ${messageOf(error)}`, error);
  }
  return files.map((file) => fromMarkdown(place, file));
}
