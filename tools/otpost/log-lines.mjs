// @ts-check

const notShown = new Set(['time', 'level', 'service', 'replica', 'event']);

/**
 * One line of a log as a person reads it. A line that is no JSON object of ours stays as it is.
 * @param {string} line
 */
export function readable(line) {
  const fields = parse(line);
  if (!fields || typeof fields['event'] !== 'string') return line;
  const time = typeof fields['time'] === 'string' ? fields['time'].slice(11, 23) : '';
  const rest = Object.entries(fields)
    .filter(([name]) => !notShown.has(name))
    .map(([name, value]) => ` ${name}=${show(value)}`);
  return `${time} ${String(fields['level'] ?? '').padEnd(5)} ${fields['event']}${rest.join('')}`;
}

/**
 * When a line was written, in milliseconds since 1970.
 * @param {string} line of a service (JSON), of PostgreSQL, of Redis, or of the supervisor
 * @returns {number | undefined}
 */
export function timeOf(line) {
  const fields = parse(line);
  const text =
    fields === undefined
      ? (/^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+) UTC/.exec(line)?.[1]?.concat('Z') ??
        /^\d+:[A-Z] (\d+ \w{3} \d{4} \d\d:\d\d:\d\d\.\d+)/.exec(line)?.[1]?.concat(' UTC') ??
        /(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z)$/.exec(line)?.[1])
      : fields['time'];
  const time = typeof text === 'number' ? text : Date.parse(String(text));
  return Number.isNaN(time) ? undefined : time;
}

/**
 * @param {string} line
 * @returns {Record<string, unknown> | undefined}
 */
function parse(line) {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** @param {unknown} value */
function show(value) {
  if (Array.isArray(value)) return value.map((part) => `\n${' '.repeat(8)}${part}`).join('');
  return typeof value === 'string' && !/[\s"=]/.test(value) ? value : JSON.stringify(value);
}
