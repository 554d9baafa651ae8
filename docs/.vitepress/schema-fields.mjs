// @ts-check

/**
 * The parts of JSON Schema that the OpenAPI document uses.
 * @typedef {object} Schema
 * @property {string | string[]} [type]
 * @property {string} [format]
 * @property {string} [description]
 * @property {unknown} [const]
 * @property {unknown[]} [enum]
 * @property {unknown} [default]
 * @property {number} [minimum]
 * @property {number} [maximum]
 * @property {number} [maxLength]
 * @property {number} [maxItems]
 * @property {Schema} [items]
 * @property {Schema[]} [prefixItems]
 * @property {Record<string, Schema>} [properties]
 * @property {string[]} [required]
 * @property {Schema | boolean} [additionalProperties]
 * @property {Schema[]} [anyOf]
 * @property {Schema[]} [oneOf]
 */
/** @typedef {{ name: string, type: string, required: boolean, about: string }} Field */

/**
 * The fields of a body, those within others below them: `api_key.id`, `items[].code`.
 * @param {Schema | undefined} schema
 * @param {string} [prefix]
 * @returns {Field[]}
 */
export function fieldsOf(schema, prefix = '') {
  if (schema === undefined) return [];
  const kinds = alternatives(schema);
  if (kinds.length > 1) return merged(kinds.map((kind) => fieldsOf(kind, prefix)));
  const [kind] = kinds;
  if (kind === undefined) return [];
  if (kind.items) return fieldsOf(kind.items, `${prefix}[]`);
  return Object.entries(kind.properties ?? {}).flatMap(([name, field]) => {
    const path = prefix === '' ? name : `${prefix}.${name}`;
    const required = kind.required?.includes(name) ?? false;
    return [{ name: path, type: typeOf(field), required, about: field.description ?? '' }, ...fieldsOf(field, path)];
  });
}

/**
 * A type in a few words: `integer from 10 to 3600, default 300`.
 * @param {Schema | undefined} schema
 * @returns {string}
 */
export function typeOf(schema) {
  if (schema === undefined) return 'anything';
  const { type, format, enum: values, items, prefixItems, minimum, maximum, maxLength, maxItems } = schema;
  const fallback = schema.default === undefined ? '' : `, default \`${JSON.stringify(schema.default)}\``;
  const several = schema.anyOf ?? schema.oneOf;
  if (several) return [...new Set(several.map(typeOf))].join(' or ') + fallback;
  if (schema.const !== undefined) return code(schema.const) + fallback;
  if (values) return `one of ${values.map(code).join(', ')}${fallback}`;
  if (prefixItems) return `list of ${prefixItems.map(typeOf).join(' and ')}${fallback}`;
  if (type === 'array') {
    const most = maxItems === undefined ? '' : `, at most ${maxItems}`;
    return `list of ${plural(typeOf(items))}${most}${fallback}`;
  }
  if (type === 'integer' || type === 'number') return `${type}${range(minimum, maximum)}${fallback}`;
  if (type === 'string') {
    const most = maxLength === undefined ? '' : `, up to ${maxLength} characters`;
    return `${stringName(format)}${most}${fallback}`;
  }
  return `${[type ?? 'anything'].flat().join(' or ')}${fallback}`;
}

/** @param {Schema} schema */
function alternatives(schema) {
  const kinds = schema.anyOf ?? schema.oneOf ?? [schema];
  return kinds.filter(({ type }) => type !== 'null');
}

/**
 * The fields of alternatives as one list: one is required if every alternative requires it.
 * @param {Field[][]} lists
 * @returns {Field[]}
 */
function merged(lists) {
  const all = new Set(lists.flat().map(({ name }) => name));
  // Of one thing or a list of such, the fields are named once.
  const names = [...all].filter((name) => !name.startsWith('[].') || !all.has(name.slice('[].'.length)));
  return names.flatMap((name) => {
    const same = lists.flatMap((list) => list.filter((field) => field.name === name));
    const [first] = same;
    if (first === undefined) return [];
    const type = [...new Set(same.map((field) => field.type))].join(' or ');
    const required = same.length === lists.length && same.every((field) => field.required);
    return [{ ...first, type, required }];
  });
}

/** @param {string} type */
function plural(type) {
  return /^(object|string|integer|UUID|URL|file)$/.test(type) ? `${type}s` : type;
}

/** @param {string | undefined} format */
function stringName(format) {
  /** @type {Record<string, string>} */
  const names = { uuid: 'UUID', 'date-time': 'time (ISO 8601)', uri: 'URL', binary: 'file' };
  return (format === undefined ? undefined : names[format]) ?? 'string';
}

/**
 * Bounds that say something: not those that any safe integer has.
 * @param {number | undefined} minimum
 * @param {number | undefined} maximum
 */
function range(minimum, maximum) {
  const least = minimum === undefined || minimum <= Number.MIN_SAFE_INTEGER ? undefined : minimum;
  const most = maximum === undefined || maximum >= Number.MAX_SAFE_INTEGER ? undefined : maximum;
  if (least !== undefined && most !== undefined) return ` from ${least} to ${most}`;
  if (least !== undefined) return least === 0 ? '' : ` from ${least}`;
  return most === undefined ? '' : ` up to ${most}`;
}

/** @param {unknown} value */
function code(value) {
  return `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;
}
