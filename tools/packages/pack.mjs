// @ts-check
// Makes what is published: `node tools/packages/pack.mjs [folder]` puts two tarballs there. The build has to be there (nx build).
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stageCli } from './stage-cli.mjs';
import { stageClient } from './stage-client.mjs';

/**
 * @param {string} folder where the tarballs go
 * @returns {Promise<{ cli: string, client: string }>} their paths
 */
export async function packAll(folder) {
  mkdirSync(folder, { recursive: true });
  const stage = mkdtempSync(join(tmpdir(), 'otpost-pack-'));
  try {
    await stageCli(join(stage, 'cli'));
    stageClient(join(stage, 'client'));
    return { cli: pack(join(stage, 'cli'), folder), client: pack(join(stage, 'client'), folder) };
  } finally {
    rmSync(stage, { recursive: true, force: true });
  }
}

/**
 * @param {string} staged
 * @param {string} folder
 */
function pack(staged, folder) {
  const args = ['pack', '--json', '--offline', '--ignore-scripts', '--pack-destination', resolve(folder)];
  const said = execFileSync('npm', args, { cwd: staged, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  const [{ filename }] = JSON.parse(said);
  return resolve(folder, filename);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { cli, client } = await packAll(process.argv[2] ?? '.nx/packages');
  console.log(`${cli}\n${client}`);
}
