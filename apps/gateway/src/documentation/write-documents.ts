import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { generatedDocuments } from './generated-documents.js';

/** `node dist/documentation/write-documents.js <root of the repository>` */
const [root = '.'] = process.argv.slice(2);
for (const [path, text] of Object.entries(generatedDocuments())) {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  process.stdout.write(`${path}\n`);
}
