import { appendFileSync, createReadStream, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { type System, testFolder } from './system.js';

/** A remembered secret that was found where none may be. */
export interface Leak {
  /** What it is, as it was remembered; never the value. */
  what: string;
  /** Log file or table. */
  where: string;
  /** As what it was found: `plain`, `utf8`, `json`, `redis`, `hex`, `base64`. */
  form: string;
}

interface Canary {
  what: string;
  value: string;
}

interface Needle {
  what: string;
  form: string;
  value: string;
}

/** A number of few digits is looked for as a word of its own, else a time in microseconds holds it. */
const numberWord = /(?<![\w.])\d{6,10}(?!\w)/g;

/** Longer than any needle: what lies across two chunks of a file is found too. */
const overlapCharacters = 4_096;

/**
 * Has the canary test look for a secret, password, key, code or message text that this test uses: in every log, in all that
 * Redis was told, and in every row of the database. Codes of 8 digits are better than of 6, which a log holds by chance.
 */
export function rememberSecret(what: string, value: string): void {
  if (value.length < 6) throw new Error(`${what} is too short to be looked for`);
  appendFileSync(canaryFile(), `${JSON.stringify({ what, value })}\n`, { mode: 0o600 });
}

/** Everything that was remembered in this run. */
export function remembered(): Canary[] {
  if (!existsSync(canaryFile())) return [];
  const lines = readFileSync(canaryFile(), 'utf8').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as Canary);
}

/** Reads all logs of all systems of this run, Redis traffic included, and the whole database of the shared one. */
export async function findLeaks(system: System): Promise<Leak[]> {
  const canaries = remembered();
  const isNumber = ({ value }: Canary) => /^\d{6,10}$/.test(value);
  const numbers = new Map(canaries.filter(isNumber).map(({ what, value }) => [value, what]));
  const needles = canaries.filter((canary) => !isNumber(canary)).flatMap(needlesOf);
  const leaks = new Map<string, Leak>();
  const look = (where: string, text: string) => {
    const report = (what: string, form: string) => leaks.set(`${what} ${where} ${form}`, { what, where, form });
    for (const { what, form, value } of needles) if (text.includes(value)) report(what, form);
    for (const [word] of text.matchAll(numberWord)) {
      const what = numbers.get(word);
      if (what !== undefined) report(what, 'plain');
    }
  };
  for (const file of logFiles()) await eachChunk(file, (text) => look(file.replace(`${testFolder()}/`, ''), text));
  await eachTable(system.superuserUrl, look);
  return [...leaks.values()];
}

function canaryFile(): string {
  return join(testFolder(), 'canaries.jsonl');
}

function needlesOf({ what, value }: Canary): Needle[] {
  const bytes = Buffer.from(value);
  const forms = {
    plain: value,
    // Files are read as bytes; MONITOR writes bytes that are not ASCII as \xNN.
    utf8: bytes.toString('latin1'),
    json: JSON.stringify(value).slice(1, -1),
    redis: bytes.toString('latin1').replace(/[\x80-\xff]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16)}`),
    hex: bytes.toString('hex'),
    base64: bytes.toString('base64').replace(/=+$/, '').slice(0, -1),
  };
  const different = Object.entries(forms).filter(([form, needle]) => form === 'plain' || needle !== value);
  return different.map(([form, needle]) => ({ what, form, value: needle }));
}

function logFiles(): string[] {
  return readdirSync(testFolder(), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(testFolder(), entry.name, 'logs')))
    .flatMap(({ name }) =>
      readdirSync(join(testFolder(), name, 'logs')).map((file) => join(testFolder(), name, 'logs', file)),
    );
}

async function eachChunk(file: string, look: (text: string) => void): Promise<void> {
  let before = '';
  for await (const chunk of createReadStream(file, { encoding: 'latin1', highWaterMark: 4 * 1024 * 1024 })) {
    const text = before + String(chunk);
    look(text);
    before = text.slice(-overlapCharacters);
  }
}

async function eachTable(superuserUrl: string, look: (where: string, text: string) => void): Promise<void> {
  const client = new pg.Client({ connectionString: superuserUrl.replace(/\/postgres$/, '/otpost') });
  await client.connect();
  try {
    const { rows: tables } = await client.query<{ name: string }>(
      `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
       WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1`,
    );
    for (const { name } of tables) {
      const { rows } = await client.query<{ text: string }>(`SELECT t::text AS text FROM ${name} t`);
      look(name, rows.map(({ text }) => text).join('\n'));
    }
  } finally {
    await client.end();
  }
}
