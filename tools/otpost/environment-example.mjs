// @ts-check
import { readFileSync } from 'node:fs';
import { serviceNames } from './services.mjs';
import { inRoot } from './workspace.mjs';

/**
 * A variable that services read.
 * @typedef {object} Variable
 * @property {string} name
 * @property {readonly string[]} services that read it
 * @property {boolean} fromFile whether `<NAME>_FILE` may name a file that holds it
 */

/**
 * What `.env.example` lists, which is made from the services' own schemas.
 * @returns {Variable[]}
 */
export function environmentVariables() {
  const paragraphs = readFileSync(inRoot('.env.example'), 'utf8').split('\n\n').slice(1);
  return paragraphs.map((paragraph) => {
    const [, name = ''] = /^# ([A-Z_]+)=/m.exec(paragraph) ?? [];
    const [, of = ''] = /\(([a-z, ]+)\)$/m.exec(paragraph) ?? [];
    return {
      name,
      services: of === 'all services' ? serviceNames : of.split(', '),
      fromFile: paragraph.includes(`\n# Or ${name}_FILE:`),
    };
  });
}

/**
 * Whether this is a name by which the service reads one of its variables.
 * @param {string} name
 * @param {string} service
 */
export function isRead(name, service) {
  return environmentVariables().some(
    (variable) =>
      variable.services.includes(service) &&
      (variable.name === name || (variable.fromFile && `${variable.name}_FILE` === name)),
  );
}
