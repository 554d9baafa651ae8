// @ts-check
import { report, UserError } from './output.mjs';

/** @typedef {(args: string[]) => Promise<number | void>} Command Returns the exit code; nothing is 0. */

/** @type {Record<string, () => Promise<Command>>} */
const commands = {
  up: async () => (await import('./up.mjs')).up,
  down: async () => (await import('./down.mjs')).down,
  status: async () => (await import('./status.mjs')).status,
  logs: async () => (await import('./logs.mjs')).logs,
  reset: async () => (await import('./reset.mjs')).reset,
  send: async () => (await import('./send.mjs')).send,
  demo: async () => (await import('./login-demo.mjs')).demo,
  keys: async () => (await import('./keys.mjs')).keys,
  test: async () => (await import('./test.mjs')).test,
  bench: async () => (await import('./bench.mjs')).bench,
  extract: async () => (await import('./built-programs.mjs')).extract,
  docs: async () => (await import('./built-programs.mjs')).docs,
};

/** What talks to a gateway, be it of this machine or not. */
const clientCommands = ['code', 'wait', 'credentials', 'inbox', 'import', 'webhooks', 'mcp', 'completion'];
for (const name of clientCommands) {
  commands[name] = async () => {
    const { client } = await import('./built-programs.mjs');
    return (args) => client([name, ...args]);
  };
}

const usage = `Usage: ./otpost <command>

  up                     Start everything and print how to use it. Ctrl-C stops all of it.
  up --detach            The same in the background; returns when it is ready.
  down                   Stop what runs in the background.
  status [--json]        What runs, where, and whether it is ready.
  logs [service] [-f]    Print the logs; -f follows them, -n 200 starts further back, --raw leaves lines as they are.
  reset [--yes]          Stop and delete all data and keys of this home.
  send sms|mail [text]   Send a test message to the demo workspace of the running system.
  demo [--screenshots DIR]
                         Six sign-ins of a browser agent, told step by step, on a system of its own. Needs Chromium.
  keys <command>         Key rotation; "./otpost keys help" tells more.
  extract                Read messages as JSON lines from standard input, print the code found in each.
  test [suite] [pattern] All tests, or one suite: format, lint, types, boundaries, unit, integration, e2e.
  bench <name> [--here]  Run bench/<name>.mjs against a system of its own, or with --here against the running one.
  docs                   Write the files that are made from the code: OpenAPI, scopes, .env.example.
  docs --site            Build the documentation as a site: docs/.vitepress/dist, to be served by any web server.
  help                   This.

With the running system and its demo workspace, or with what OTPOST_URL and OTPOST_API_KEY name (docs/cli.md):
  code [login]           Print the current code: "./otpost code demo.example".
  wait [login]           Ask for a code and wait until it comes, by mail, SMS or a human.
  credentials, inbox     List the logins; print the mail address of one.
  import FILE            Store the authenticators of an export: Aegis, 2FAS, Bitwarden, 1Password, Google.
  webhooks listen        Forward events to a local port, signed as webhooks are.
  mcp                    The tools for agents over standard input and output.
  completion SHELL       For bash, zsh or fish.
  Each takes --help and --json.

Environment (a .env file is not read; export what you need):
  OTPOST_HOME            Where data, keys and logs live. Default: .otpost/ beside this script.
  OTPOST_GATEWAY_PORT, OTPOST_INGEST_PORT, OTPOST_SMTP_PORT
                         Default 3000, 3001, 2525; 0 takes any free port.
  OTPOST_GATEWAY_REPLICAS, OTPOST_VAULT_REPLICAS, OTPOST_INGESTOR_REPLICAS, OTPOST_DISPATCHER_REPLICAS
                         How many of each to start. Default 1.
  DATABASE_URL           Use this PostgreSQL (15 or newer; a role that may create roles) instead of a private one.
  REDIS_URL              Use this Redis (7 or newer) instead of a private one.
  CHROMIUM               The browser for demo and tests. Default: the first chromium or google-chrome on PATH.
  Every other OTPOST_* is passed on to the services; .env.example lists them.`;

/**
 * Runs one command and sets the exit code.
 * @param {string[]} args
 */
export async function run(args) {
  const [name = 'help', ...rest] = args;
  if (name === 'help' || name === '--help' || name === '-h') {
    console.log(usage);
    return;
  }
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!load) {
    report(new UserError(`there is no command "${name}". "./otpost help" lists them.`));
    process.exitCode = 2;
    return;
  }
  try {
    process.exitCode = (await (await load())(rest)) ?? 0;
  } catch (error) {
    report(error);
    process.exitCode = 1;
  }
}
