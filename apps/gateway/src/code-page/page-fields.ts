/** One thing that a person is asked for, as a form shows it. */
export interface PageField {
  name: string;
  label: string;
  hint: string | null;
  kind: 'text' | 'number' | 'yes_no' | 'choice' | 'json';
  /** A numeric keypad will do. */
  isDigits: boolean;
  /** The only one that is asked for: where a phone offers the code it has just received. */
  isCode: boolean;
  isRequired: boolean;
  maxLength: number | null;
  choices: string[];
}

type Json = Record<string, unknown>;

/** The fields of a form for a JSON Schema of an object. */
export function fieldsOf(schema: Json): PageField[] {
  const properties = Object.entries(objectOf(schema['properties']));
  const required = new Set(Array.isArray(schema['required']) ? schema['required'].map(String) : []);
  // A required property may be left undescribed.
  for (const name of required) if (!properties.some(([known]) => known === name)) properties.push([name, {}]);
  const texts = properties.filter(([, property]) => kindOf(objectOf(property)) === 'text').length;
  return properties.map(([name, value]) => {
    const property = objectOf(value);
    const kind = kindOf(property);
    const { title, description, maxLength } = property;
    return {
      name,
      label: typeof title === 'string' ? title : labelOf(name),
      hint: typeof description === 'string' ? description : null,
      kind,
      isDigits: kind === 'number' || (kind === 'text' && asksForDigits(property)),
      isCode: kind === 'text' && (name === 'code' || texts === 1),
      isRequired: required.has(name),
      maxLength: typeof maxLength === 'number' ? maxLength : null,
      choices: Array.isArray(property['enum']) ? property['enum'].map(String) : [],
    };
  });
}

/**
 * What a form sent, as the schema's types have it. People type codes with spaces around and within: those go where digits are asked
 * for. What is left empty and need not be there is left out.
 */
export function answerOfForm(fields: readonly PageField[], form: URLSearchParams): Json {
  const entries = fields.flatMap((field): [string, unknown][] => {
    const text = (form.get(field.name) ?? '').trim();
    if (field.kind === 'yes_no') return [[field.name, text !== '']];
    if (text === '' && !field.isRequired) return [];
    return [[field.name, valueOf(field, text)]];
  });
  // Not by assignment: a property may be called __proto__.
  return Object.fromEntries(entries);
}

function valueOf({ kind, isDigits }: PageField, text: string): unknown {
  if (kind === 'number') return text !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
  if (kind === 'json') return parsed(text);
  return isDigits ? text.replace(/[\s-]/g, '') : text;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function kindOf({ type, enum: choices }: Json): PageField['kind'] {
  if (Array.isArray(choices) && choices.every((choice) => typeof choice === 'string')) return 'choice';
  if (type === 'integer' || type === 'number') return 'number';
  if (type === 'boolean') return 'yes_no';
  return type === 'object' || type === 'array' ? 'json' : 'text';
}

/** `^[0-9]{6}$`, `\d+` and their like. */
function asksForDigits({ pattern }: Json): boolean {
  return (
    typeof pattern === 'string' &&
    /^\^?(\\d|\[0-9\]|\(|\)|\||[{}0-9,+*?])+\$?$/.test(pattern) &&
    /\\d|\[0-9\]/.test(pattern)
  );
}

function labelOf(name: string): string {
  const words = name
    .replace(/[_-]+/g, ' ')
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .trim()
    .toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function objectOf(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
}
