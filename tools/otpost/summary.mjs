// @ts-check
import { URLSearchParams } from 'node:url';
import { demoPair, inboundPairs, readDemo } from './demo.mjs';
import { readKey } from './secrets.mjs';

/**
 * How to use a system that is ready.
 * @param {import('./home.mjs').Home} home
 * @param {{ gateway_url: string, ingest_url: string, smtp_url: string }} urls
 * @param {string} [seconds] it took to start
 */
export function summary(home, urls, seconds) {
  const demo = readDemo(home);
  const lines = [
    '',
    seconds === undefined ? 'otpost is ready.' : `otpost is ready after ${seconds} s.`,
    '',
    `  API        ${urls.gateway_url}    (documentation: ${urls.gateway_url}/docs)`,
    `  Console    ${urls.gateway_url}/console    (sign in with the API key)`,
    `  Inbound    ${urls.ingest_url}    mail: ${urls.smtp_url}`,
    ...(demo ? [`  API key    ${demo.api_key}    (workspace "demo")`] : []),
    `  Root key   ${readKey('OTPOST_ROOT_KEY', home) ?? 'none'}`,
    `  Home       ${home.path}`,
  ];
  if (demo) lines.push('', ...curlLines(urls.gateway_url, demo), ...sendLines(urls.gateway_url, demo));
  return lines.join('\n');
}

/**
 * Three lines to paste.
 * @param {string} url
 * @param {import('./demo.mjs').Demo} demo
 */
function curlLines(url, { api_key: key, otp_secret_id: id }) {
  const bearer = `-H 'Authorization: Bearer ${key}'`;
  const pair = new URLSearchParams(demoPair);
  const example = JSON.stringify({ label: 'GitHub', secret: 'JBSW Y3DP EHPK 3PXP' });
  return [
    "The demo's current code, as a Sendblue client and as a CloudCruise client read it:",
    `  curl -s ${bearer} '${url}/api/v2/totp/code/${id}'`,
    `  curl -s -H 'cc-key: ${key}' '${url}/vault/tfa-code?${pair}'`,
    'Store a secret of your own:',
    `  curl -s ${bearer} -H 'Content-Type: application/json' -d '${example}' '${url}/api/v2/totp/secrets'`,
  ];
}

/**
 * A test message each, and its code.
 * @param {string} url
 * @param {import('./demo.mjs').Demo} demo
 */
function sendLines(url, { api_key: key = '', phone_number, address }) {
  const otherHome = process.env['OTPOST_HOME'];
  const command = otherHome ? `OTPOST_HOME='${otherHome}' ./otpost` : './otpost';
  const lines = (/** @type {'sms' | 'mail'} */ kind) => [
    `  ${command} send ${kind}`,
    `  ${readCodeLine(url, key, kind)}`,
  ];
  return [
    ...(phone_number ? [`A test SMS to ${phone_number}, and its code:`, ...lines('sms')] : []),
    ...(address ? [`A test mail to ${address}, and its code:`, ...lines('mail')] : []),
  ];
}

/**
 * Reads the newest code that came by SMS or mail to the demo.
 * @param {string} url @param {string} key @param {'sms' | 'mail'} kind
 */
export function readCodeLine(url, key, kind) {
  return `curl -s -H 'Authorization: Bearer ${key}' '${url}/vault/tfa-code?${new URLSearchParams(inboundPairs[kind])}'`;
}
