import { execFile } from 'node:child_process';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { givenInbox, givenNumber } from '../testing/targets.js';
import { mimeSecret, postMime } from '../testing/signed-mime.js';
import { TestIngestor } from '../testing/test-ingestor.js';
import { postSms, smsParameters } from '../testing/twilio-request.js';

const sender = fileURLToPath(new URL('../testing/send-hostile-mails.mjs', import.meta.url));

describe('hostile mail', () => {
  let ingestor: TestIngestor;

  beforeAll(async () => {
    ingestor = await TestIngestor.start({ environment: { OTPOST_MIME_SECRET: mimeSecret } });
  });

  afterAll(async () => {
    await ingestor.stop();
  });

  it('has an answer each, and never blocks the thread of the hooks, which answers SMS meanwhile', async () => {
    const workspace = await ingestor.workspace();
    const inbox = await givenInbox(ingestor.owner, workspace);
    const number = await givenNumber(ingestor.owner, workspace, { credentialId: inbox.credentialId });
    let isSending = true;
    const url = `${ingestor.url}/inbound/email/mime`;
    const sending = promisify(execFile)(process.execPath, [sender, url, mimeSecret, inbox.address]).finally(
      () => (isSending = false),
    );
    const blocked = monitorEventLoopDelay({ resolution: 20 });
    blocked.enable();
    while (isSending) {
      expect((await postSms(ingestor.url, smsParameters(number.e164, 'Your code is 482913'))).status).toBe(200);
    }
    blocked.disable();
    const answers = (await sending).stdout.trim().split('\n');
    expect(answers).toHaveLength(9);
    for (const answer of answers) expect(answer).toMatch(/: (200|422|503)$/);
    expect(answers).toContain('100,000 parts: 422');
    // A mail may take five seconds of its thread. Were that the thread of the hooks, it would stand still as long; it only shares the CPUs.
    expect(blocked.max / 1e6).toBeLessThan(3_000);

    const mail = `From: a@b.example\r\nTo: ${inbox.address}\r\nSubject: x\r\n\r\nYour code is 123456\r\n`;
    expect((await postMime(ingestor.url, mail)).status).toBe(200);
  }, 120_000);
});
