// @ts-check
// Entry of ./otpost. Parses on any Node.js that knows modules, so that an old one gets a sentence and not a stack trace.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major < 20 || (major === 20 && minor < 19)) {
  console.error(
    'otpost: needs Node.js 20.19 or newer; this is ' + process.versions.node + ' (' + process.execPath + ').',
  );
  process.exitCode = 1;
} else {
  import('./cli.mjs').then(function (cli) {
    return cli.run(process.argv.slice(2));
  });
}
