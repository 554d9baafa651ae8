// @ts-check
import { UserError } from './output.mjs';

/**
 * The options and words of a command. Every option is a switch, or takes a value when its name is in `withValue`.
 * @template {string} Name
 * @param {string} command
 * @param {string[]} args
 * @param {Record<Name, string[]>} known the spellings of each option
 * @param {{ withValue?: NoInfer<Name>[], words?: number }} [options] at most so many words; default none
 * @returns {{ flags: Partial<Record<Name, string>>, words: string[] }} a switch that is set is `'yes'`
 */
export function parseFlags(command, args, known, { withValue = [], words: mostWords = 0 } = {}) {
  /** @type {Partial<Record<Name, string>>} */
  const flags = {};
  /** @type {string[]} */
  const words = [];
  const rest = [...args];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    const [spelling = '', given] = arg.startsWith('--') ? splitOnce(arg) : [arg];
    const name = /** @type {Name[]} */ (Object.keys(known)).find((option) => known[option].includes(spelling));
    if (name !== undefined) {
      const value = withValue.includes(name) ? (given ?? rest.shift()) : 'yes';
      if (value === undefined) throw new UserError(`${spelling} needs a value. "./otpost help" shows how it is used.`);
      flags[name] = value;
    } else if (arg.startsWith('-') || words.length >= mostWords) {
      throw new UserError(`"${command}" does not know "${arg}". "./otpost help" shows what it takes.`);
    } else {
      words.push(arg);
    }
  }
  return { flags, words };
}

/**
 * @param {string} arg
 * @returns {[string, string?]}
 */
function splitOnce(arg) {
  const at = arg.indexOf('=');
  return at < 0 ? [arg] : [arg.slice(0, at), arg.slice(at + 1)];
}
