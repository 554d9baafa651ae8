// @ts-check
// Holds imports that must not be, and sees to it that lint refuses them: a rule that is switched off by a typing error would
// otherwise look like a clean repository. Run as a program; prints one JSON line.
import { pathToFileURL } from 'node:url';
import { inRoot, root, toolEnvironment } from './workspace.mjs';

/** @type {{ what: string, file: string, code: string, rule: string | null }[]} `null`: must be allowed */
const cases = [
  {
    what: 'an app does not import another app',
    file: 'apps/gateway/src/main.ts',
    code: "import '../../vault/src/main.js';",
    rule: '@nx/enforce-module-boundaries',
  },
  {
    what: 'a library does not import an app',
    file: 'libs/platform/src/index.ts',
    code: "import '../../../apps/gateway/src/main.js';",
    rule: '@nx/enforce-module-boundaries',
  },
  {
    what: 'a pure library does not import Nest',
    file: 'libs/otp/src/index.ts',
    code: "import { Injectable } from '@nestjs/common';\nexport const marker = Injectable;",
    rule: '@nx/enforce-module-boundaries',
  },
  {
    what: 'a pure library does not import Redis',
    file: 'libs/envelope/src/index.ts',
    code: "import { Redis } from 'ioredis';\nexport const client = Redis;",
    rule: '@nx/enforce-module-boundaries',
  },
  {
    what: 'a pure library does not import one that talks to PostgreSQL',
    file: 'libs/otp/src/index.ts',
    code: "import { Database } from '@otpost/database';\nexport const database = Database;",
    rule: '@nx/enforce-module-boundaries',
  },
  {
    what: 'only the configuration reads the environment',
    file: 'libs/platform/src/index.ts',
    code: "export const home = process.env['HOME'];",
    rule: 'no-restricted-properties',
  },
  {
    what: 'forwardRef is not used',
    file: 'libs/messaging/src/index.ts',
    code: "import { forwardRef } from '@nestjs/common';\nexport const later = forwardRef;",
    rule: 'no-restricted-imports',
  },
  {
    what: 'an app imports a library',
    file: 'apps/gateway/src/main.ts',
    code: "import { AppError } from '@otpost/contracts';\nexport const marker = AppError;",
    rule: null,
  },
];

/** @returns {Promise<import('./test-results.mjs').SuiteResult>} */
async function checkBoundaries() {
  process.chdir(root);
  Object.assign(process.env, toolEnvironment);
  const { ESLint } = await import('eslint');
  const { default: tseslint } = await import('typescript-eslint');
  // None of these rules asks for types, and a file that differs from the one on disk would need a program of its own.
  const withoutTypes = /** @type {import('eslint').Linter.Config} */ (tseslint.configs.disableTypeChecked);
  const eslint = new ESLint({ cwd: root, overrideConfig: withoutTypes });
  /** @type {import('./test-results.mjs').SuiteResult} */
  const result = { passed: 0, failed: 0, skipped: 0, failures: [] };
  for (const { what, file, code, rule } of cases) {
    const [answer] = await eslint.lintText(`${code}\n`, { filePath: inRoot(file) });
    const said = (answer?.messages ?? []).map(({ ruleId, message }) => `${ruleId}: ${message}`);
    const fine = rule === null ? said.length === 0 : said.some((line) => line.startsWith(`${rule}: `));
    if (fine) result.passed++;
    else
      result.failures.push({ title: what, text: `${file} with\n${code}\nLint says: ${said.join('\n') || 'nothing'}` });
  }
  result.failed = result.failures.length;
  return result;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    process.stdout.write(`${JSON.stringify(await checkBoundaries())}\n`);
  } catch (error) {
    // ESLint hangs the whole syntax tree on its errors, below which Node.js would bury the message.
    process.stderr.write(`${/** @type {Error} */ (error).stack}\n`);
    process.exitCode = 1;
  }
}
