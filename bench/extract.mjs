// Throughput of libs/code-extraction per second of one core's time, and that time on hostile input. Run after a build: node bench/extract.mjs
import { readdirSync, readFileSync } from 'node:fs';
import { extract } from '../libs/code-extraction/dist/index.js';

const folder = new URL('../libs/code-extraction/src/testing/', import.meta.url);
const corpora = readdirSync(folder)
  .filter((name) => name.endsWith('.jsonl'))
  .flatMap((name) =>
    readFileSync(new URL(name, folder), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line)),
  );
const sms = corpora.filter((message) => message.channel === 'sms');
const mails = corpora.filter((message) => message.channel === 'email' && message.html !== null).map(padTo10Kilobytes);

report('SMS', sms, 'SMS/s', 2000);
report('mail of 10 kB', mails, 'mails/s', 500);

const million = 1_048_576;
const hostile = {
  'nested tags': '<div>'.repeat(million / 5),
  'unclosed tags': '<a href="x'.repeat(million / 10),
  'nested tables': '<table><tr><td>'.repeat(million / 15),
  'mismatched ends': '<b></i>'.repeat(million / 7),
  entities: '&#49;&amp;'.repeat(million / 10),
  ampersands: '&'.repeat(million),
  styles: '<p style="display:none;color:#fff">1</p>'.repeat(million / 40),
  digits: '1'.repeat(million),
  numbers: '123456 '.repeat(million / 7),
  'single digits': '1 '.repeat(million / 2),
  'code words': 'code 123456 '.repeat(million / 12),
  links: 'https://a.example/verify?t=1 '.repeat(million / 29),
  anchors: '<a href="https://a.example/verify?t=1">verify</a>'.repeat(million / 49),
  spaces: ' '.repeat(million),
  lines: '\n'.repeat(million),
  quotes: '> code 123456\n'.repeat(million / 14),
  'zero width': '1\u200b'.repeat(million / 2),
  'right to left': '\u202e\u0661\u0662 '.repeat(million / 4),
  Thai: 'รหัสยืนยัน'.repeat(million / 30),
  accents: 'e\u0301'.repeat(million / 2),
  'at signs': '@a.b #1 '.repeat(million / 8),
  'equals signs': '=41'.repeat(million / 3),
  dashes: 'a-'.repeat(million / 2),
  dots: 'a.'.repeat(million / 2),
};
let slowest = 0;
for (const [name, content] of Object.entries(hostile)) {
  const asText = time(() => extract({ channel: 'email', text: content }));
  const asHtml = time(() => extract({ channel: 'email', html: content }));
  slowest = Math.max(slowest, asText, asHtml);
  console.log(
    `1 MB of ${name.padEnd(16)} text ${asText.toFixed(1).padStart(6)} ms   html ${asHtml.toFixed(1).padStart(6)} ms`,
  );
}
console.log(`slowest ${slowest.toFixed(1)} ms (aim: under 50)`);

function report(name, messages, unit, aim) {
  for (let round = 0; round < 3; round++) for (const message of messages) extract(message);
  const started = processorTime();
  let count = 0;
  while (processorTime() - started < 2000) {
    for (const message of messages) extract(message);
    count += messages.length;
  }
  const perSecond = count / ((processorTime() - started) / 1000);
  console.log(`${name}: ${perSecond.toFixed(0)} ${unit} (aim: ${aim})`);
}

/** Newsletters' weight: a style sheet, layout tables and a footer around the message. */
function padTo10Kilobytes(message) {
  const rule = '.mj-column-per-100 { width: 100% !important; max-width: 100%; }\n';
  const row =
    '<tr><td style="padding:0 24px;font-family:Arial,sans-serif;font-size:14px;color:#333333">Questions? Visit our <a href="https://help.example/hc/en-us?x=1">help center</a> or write to us any time.</td></tr>';
  const missing = Math.max(0, 10_240 - message.html.length);
  const style = `<style>${rule.repeat(Math.floor((missing * 0.4) / rule.length))}</style>`;
  const footer = `<table>${row.repeat(Math.floor((missing * 0.6) / row.length))}</table>`;
  return { ...message, html: style + message.html + footer };
}

/** Processor time in ms, best of three: the same on a busy machine as on an idle one, nearly. */
function time(run) {
  let best = Infinity;
  for (let round = 0; round < 3; round++) {
    const started = processorTime();
    run();
    best = Math.min(best, processorTime() - started);
  }
  return best;
}

function processorTime() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
