import { Command, Option } from 'commander';
import { addCodeCommand } from './code.js';
import { addCompletionCommand } from './completion.js';
import { contextOf, type Context, type Surroundings } from './context.js';
import { addCredentialsCommand } from './credentials.js';
import { addImportCommand } from './import.js';
import { addInboxCommand } from './inbox.js';
import { addMcpCommand } from './mcp.js';
import { addWaitCommand } from './wait.js';
import { addWebhooksCommand } from './webhooks.js';

const defaultUrl = 'http://127.0.0.1:3000';

/** The whole command line. Commander reads the two variables; nothing else of the environment counts. */
export function createProgram(surroundings: Surroundings): Command {
  const { stdout, stderr } = surroundings;
  const program = new Command('otpost')
    .description('One-time codes for software agents, at the command line.')
    .version('0.1.0')
    .addOption(new Option('--url <url>', 'of otpost').env('OTPOST_URL').default(defaultUrl))
    .addOption(
      new Option('--key <key>', 'API key; better in the environment, since others see command lines').env(
        'OTPOST_API_KEY',
      ),
    )
    .option('--json', 'answers and errors as JSON')
    .addHelpText(
      'after',
      '\nExit codes: 0 ok, 1 unexpected, 2 usage, 3 refused, 4 not found or no code, 5 timed out, 6 unavailable.',
    )
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void stdout.write(text),
      writeErr: (text) => void stderr.write(text),
      // Reported with all other errors.
      outputError: () => undefined,
    });
  const context = (command: Command): Context => contextOf(command, surroundings);
  addCodeCommand(program, context);
  addWaitCommand(program, context);
  addCredentialsCommand(program, context);
  addInboxCommand(program, context);
  addImportCommand(program, context);
  addWebhooksCommand(program, context);
  addMcpCommand(program, context);
  addCompletionCommand(program, context);
  return program;
}
