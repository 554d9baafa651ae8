// @ts-check
import { createHmac, randomBytes, randomInt } from 'node:crypto';
import { URLSearchParams } from 'node:url';
import { createTransport } from 'nodemailer';
import { readDemo } from './demo.mjs';
import { parseFlags } from './flags.mjs';
import { Home } from './home.mjs';
import { UserError } from './output.mjs';
import { readStatus } from './status.mjs';
import { readCodeLine } from './summary.mjs';

/**
 * `./otpost send sms|mail [text]`: a test message to the demo, as it comes in real use: an SMS signed as Twilio signs it, or a mail by SMTP.
 * @param {string[]} args
 */
export async function send(args) {
  const { words } = parseFlags('send', args, {}, { words: 2 });
  const [kind, given] = words;
  if (kind !== 'sms' && kind !== 'mail')
    throw new UserError('what is to be sent? "./otpost send sms", or "send mail".');
  const home = Home.fromEnvironment();
  const { gateway_url, smtp_url, hooks } = await readStatus(home);
  const demo = readDemo(home);
  if (!gateway_url || !smtp_url || !hooks) throw new UserError('otpost is not running: "./otpost up" starts it.');
  if (!demo?.api_key || !demo.phone_number || !demo.address) throw new UserError('this system has no demo workspace.');
  const text = given ?? `Your verification code is ${randomInt(100_000, 1_000_000)}. It expires in 10 minutes.`;
  const to = kind === 'sms' ? demo.phone_number : demo.address;
  const sent = kind === 'sms' ? postSms(hooks, to, text) : sendMail(smtp_url, to, text);
  await sent.catch((/** @type {Error} */ error) => {
    throw new UserError(`it was not taken: ${error.message}`);
  });
  process.stdout.write(`Sent to ${to}: ${text}\nRead its code:\n  ${readCodeLine(gateway_url, demo.api_key, kind)}\n`);
}

/**
 * The signature is HMAC-SHA1 over the URL and the sorted parameters, as Twilio documents it.
 * @param {import('./status.mjs').Hooks} hooks @param {string} to @param {string} text
 */
async function postSms({ twilio_sms: url, twilio_auth_token: token }, to, text) {
  const sid = `SM${randomBytes(16).toString('hex')}`;
  /** @type {Record<string, string>} */
  const parameters = {
    AccountSid: `AC${'0'.repeat(32)}`,
    Body: text,
    From: '+15005550009',
    MessageSid: sid,
    NumMedia: '0',
    To: to,
  };
  const signed =
    url +
    Object.keys(parameters)
      .sort()
      .map((name) => name + parameters[name])
      .join('');
  const signature = createHmac('sha1', token ?? '')
    .update(signed)
    .digest('base64');
  const headers = { 'x-twilio-signature': signature };
  const response = await fetch(url, { method: 'POST', headers, body: new URLSearchParams(parameters) });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
}

/** @param {string} url @param {string} to @param {string} text */
async function sendMail(url, to, text) {
  // The certificate of a system on this machine is made at its start.
  const transport = createTransport({ url, tls: { rejectUnauthorized: false } });
  await transport.sendMail({ from: 'security@demo.example', to, subject: 'Your verification code', text });
  transport.close();
}
