// @ts-check
import { slug } from '../../tools/otpost/slug.mjs';
import { read } from './pages.mjs';
import { fieldsOf, typeOf } from './schema-fields.mjs';

/** @typedef {import('./schema-fields.mjs').Schema} Schema */
/** @typedef {{ name: string, in: string, required?: boolean, description?: string, schema: Schema }} Parameter */
/** @typedef {Record<string, { schema?: Schema }>} Content by media type */
/**
 * @typedef {object} Operation
 * @property {string} operationId
 * @property {string[]} tags
 * @property {string} summary
 * @property {string} [description]
 * @property {Parameter[]} [parameters]
 * @property {{ content: Content }} [requestBody]
 * @property {Record<string, { content?: Content }>} responses
 */

/** The reference is made of the document that the gateway serves: nothing of it is written by hand. */
/** @type {{ paths: Record<string, Record<string, Operation>> }} */
const { paths } = JSON.parse(read('docs/openapi.json'));
const methodOrder = ['post', 'get', 'put', 'patch', 'delete'];
const operations = Object.entries(paths).flatMap(([path, methods]) =>
  Object.entries(methods)
    .sort(([one], [other]) => methodOrder.indexOf(one) - methodOrder.indexOf(other))
    .map(([method, operation]) => ({ ...operation, method: method.toUpperCase(), path })),
);

/** Our own first, then the imitated ones. */
export function tags() {
  const isImitated = (/** @type {string} */ tag) => /CloudCruise|Sendblue/.test(tag);
  return [...new Set(operations.map(({ tags: [tag = ''] }) => tag))].sort(
    (one, other) => Number(isImitated(one)) - Number(isImitated(other)) || one.localeCompare(other, 'en'),
  );
}

/** @param {string} tag */
export function pageOfTag(tag) {
  return slug(tag);
}

/**
 * @param {string} tag
 * @returns {string} Markdown
 */
export function referencePage(tag) {
  const own = operations.filter(({ tags: [first] }) => first === tag);
  const legend = 'An asterisk marks what a request must have and an answer always has. [How to call the API](/api).';
  return [`# ${tag}`, legend, ...own.map(section)].join('\n\n');
}

/** @param {Operation & { method: string, path: string }} operation */
function section({ method, path, operationId, summary, description = '', parameters = [], requestBody, responses }) {
  const answers = Object.entries(responses).filter(([status]) => status !== 'default');
  const [title, ...rest] = summary.split('; ');
  return [
    `## ${title} {#${operationId}}`,
    '```http\n' + `${method} ${path}` + '\n```',
    [...rest.map(sentence), description].join(' '),
    table(
      'Parameters',
      parameters.map(({ name, in: place, required = false, schema, description: about }) => ({
        name,
        type: `${typeOf(schema)}, in the ${place}`,
        required,
        about: about ?? '',
      })),
    ),
    ...Object.entries(requestBody?.content ?? {}).map(([type, { schema }]) =>
      table(`Request (\`${type}\`)`, fieldsOf(schema)),
    ),
    ...answers.flatMap(([status, { content = {} }]) =>
      Object.entries(content).map(([type, { schema }]) => {
        const title = `Response ${status}: ${type === 'application/json' ? typeOf(schema) : `\`${type}\``}`;
        return table(title, fieldsOf(schema)) || `**${title}**`;
      }),
    ),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

/** @param {string} text */
function sentence(text) {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

/**
 * @param {string} title
 * @param {import('./schema-fields.mjs').Field[]} fields
 */
function table(title, fields) {
  if (fields.length === 0) return '';
  const rows = fields.map(({ name, type, required, about }) => {
    return `| \`${name}\`${required ? ' \\*' : ''} | ${[type, about].filter((text) => text !== '').join('. ')} |`;
  });
  return [`**${title}**`, '', '| field | type |', '| --- | --- |', ...rows].join('\n');
}
