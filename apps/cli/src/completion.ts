import { Argument, type Command } from 'commander';
import type { Context } from './context.js';

/** A command by the words that lead to it, and what may follow them. */
interface Place {
  path: string;
  words: string[];
}

/** `otpost completion SHELL`: made from the commands themselves. */
export function addCompletionCommand(program: Command, context: (command: Command) => Context): void {
  program
    .command('completion')
    .description('print a completion script for a shell: eval "$(otpost completion bash)"')
    .addArgument(new Argument('<shell>').choices(Object.keys(scripts)))
    .action((shell: keyof typeof scripts, _options: unknown, command: Command) => {
      const script = scripts[shell](placesOf(program));
      context(command).output.answer({ shell, script }, script);
    });
}

function placesOf(command: Command, path: readonly string[] = [], inherited: readonly string[] = []): Place[] {
  const options = [...inherited, ...command.options.flatMap(({ long }) => long ?? [])];
  const names = command.commands.map((sub) => sub.name());
  const choices = command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []);
  const here = { path: path.join(' '), words: [...names, ...choices, ...options, '--help'] };
  return [here, ...command.commands.flatMap((sub) => placesOf(sub, [...path, sub.name()], options))];
}

const scripts = {
  bash: (places: Place[]) => `_otpost() {
  local word path='' words=''
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "\${path:+$path }$word" in
${places
  .filter(hasPath)
  .map(({ path }) => `      '${path}') path='${path}' ;;\n`)
  .join('')}    esac
  done
  case "$path" in
${places.map(({ path, words }) => `    '${path}') words='${words.join(' ')}' ;;\n`).join('')}  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}")
}
complete -o default -F _otpost otpost`,

  zsh: (places: Place[]) => `#compdef otpost
_otpost() {
  local word place=''
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "\${place:+$place }$word" in
${places
  .filter(hasPath)
  .map(({ path }) => `      '${path}') place='${path}' ;;\n`)
  .join('')}    esac
  done
  case "$place" in
${places.map(({ path, words }) => `    '${path}') compadd -- ${words.join(' ')} ;;\n`).join('')}  esac
  _files
}
compdef _otpost otpost`,

  fish: (places: Place[]) =>
    places
      .map(({ path, words }) => {
        const seen = path.split(' ').filter((word) => word !== '');
        const subcommands = words.filter((word) => !word.startsWith('--'));
        const when = [
          ...seen.map((word) => `__fish_seen_subcommand_from ${word}`),
          ...(subcommands.length > 0 ? [`not __fish_seen_subcommand_from ${subcommands.join(' ')}`] : []),
        ].join('; and ');
        return `complete -c otpost${when === '' ? '' : ` -n '${when}'`} -a '${words.join(' ')}'`;
      })
      .join('\n'),
} as const;

function hasPath({ path }: Place): boolean {
  return path !== '';
}
