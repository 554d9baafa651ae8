import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { SeededWorkspace } from '@otpost/database/testing';
import { givenInbox, givenNumber, givenSmsChallenge } from '../testing/targets.js';
import { TestIngestor } from '../testing/test-ingestor.js';
import { postSms, smsParameters } from '../testing/twilio-request.js';

describe('Twilio', () => {
  let ingestor: TestIngestor;
  let workspace: SeededWorkspace;
  let credentialId: string;

  beforeAll(async () => {
    ingestor = await TestIngestor.start();
  });

  afterAll(async () => {
    await ingestor.stop();
  });

  beforeEach(async () => {
    workspace = await ingestor.workspace();
    ({ credentialId } = await givenInbox(ingestor.owner, workspace, { domain: 'github.com' }));
  });

  const messages = () => ingestor.messages(workspace.workspaceId);

  it('answers an empty TwiML response once the message is stored, sealed and with its code found', async () => {
    const number = await givenNumber(ingestor.owner, workspace, { credentialId });
    const response = await postSms(ingestor.url, smsParameters(number.e164, 'Your GitHub code is 482913'));
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/^text\/xml/);
    expect(await response.text()).toBe('<Response/>');

    const [stored] = await messages();
    expect(stored?.row).toMatchObject({
      channel: 'sms',
      source: 'twilio',
      credentialId,
      phoneNumberId: number.id,
      sender: '+13125550142',
      recipient: number.e164,
      state: 'received',
      processedAt: null,
    });
    expect(stored?.content.text).toBe('Your GitHub code is 482913');
    expect(stored?.extraction).toMatchObject({ code: '482913', ambiguous: false });
  });

  it('takes a repeat for what it is: 200, and nothing twice', async () => {
    const number = await givenNumber(ingestor.owner, workspace, { credentialId });
    const parameters = smsParameters(number.e164, 'code 482913');
    const statuses = await Promise.all(
      Array.from({ length: 8 }, () => postSms(ingestor.url, parameters).then((r) => r.status)),
    );
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(await messages()).toHaveLength(1);
  });

  it("verifies with the number's own token, and then with no other", async () => {
    const number = await givenNumber(ingestor.owner, workspace, { credentialId, authToken: 'own-token' });
    const parameters = smsParameters(number.e164, 'code 482913');
    expect((await postSms(ingestor.url, parameters)).status).toBe(403);
    expect((await postSms(ingestor.url, parameters, { token: 'own-token' })).status).toBe(200);
  });

  it('refuses a wrong signature, a missing one and a changed parameter', async () => {
    const number = await givenNumber(ingestor.owner, workspace, { credentialId });
    const parameters = smsParameters(number.e164, 'code 482913');
    expect((await postSms(ingestor.url, parameters, { token: 'guess' })).status).toBe(403);
    const unsigned = await fetch(`${ingestor.url}/inbound/twilio/sms`, {
      method: 'POST',
      body: new URLSearchParams(parameters),
    });
    expect(unsigned.status).toBe(403);
    expect(unsigned.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(await messages()).toHaveLength(0);
  });

  it('does not let forwarded headers choose the URL that was signed', async () => {
    const number = await givenNumber(ingestor.owner, workspace, { credentialId });
    const parameters = smsParameters(number.e164, 'code 482913');
    const signedUrl = 'https://otp.example.com/inbound/twilio/sms';
    expect((await postSms(ingestor.url, parameters, { signedUrl })).status).toBe(403);
  });

  it('verifies the query as it was configured at Twilio', async () => {
    const number = await givenNumber(ingestor.owner, workspace, { credentialId });
    expect((await postSms(ingestor.url, smsParameters(number.e164, 'code 1234'), { query: '?a=b%20c&d' })).status).toBe(
      200,
    );
  });

  it('answers for an unknown number as for a wrong signature, and only to Twilio that it is unknown', async () => {
    const parameters = smsParameters('+15550000000', 'code 482913');
    const wrong = await postSms(ingestor.url, parameters, { token: 'guess' });
    const known = await givenNumber(ingestor.owner, workspace, { credentialId });
    const alsoWrong = await postSms(ingestor.url, smsParameters(known.e164, 'x'), { token: 'guess' });
    expect([wrong.status, await wrong.json()]).toEqual([alsoWrong.status, await alsoWrong.json()]);
    expect((await postSms(ingestor.url, parameters)).status).toBe(404);
  });

  it('keeps nothing for a number that waits for approval', async () => {
    const number = await givenNumber(ingestor.owner, workspace, { credentialId, status: 'pending_approval' });
    const response = await postSms(ingestor.url, smsParameters(number.e164, 'code 482913'));
    expect([response.status, await response.text()]).toEqual([200, '<Response/>']);
    expect(await messages()).toHaveLength(0);
  });

  it('stores MMS for its text, and the kinds of its media', async () => {
    const number = await givenNumber(ingestor.owner, workspace, { credentialId });
    const media = { NumMedia: '1', MediaUrl0: 'https://api.twilio.com/x', MediaContentType0: 'image/jpeg' };
    expect((await postSms(ingestor.url, smsParameters(number.e164, '', media))).status).toBe(200);
    const [stored] = await messages();
    expect(stored?.content).toMatchObject({ text: '', attachments: [{ content_type: 'image/jpeg' }] });
    expect(stored?.extraction.code).toBeNull();
  });

  it('answers a body that is none, too large, or no form', async () => {
    const post = (body?: string) =>
      fetch(`${ingestor.url}/inbound/twilio/sms`, { method: 'POST', ...(body && { body }) });
    expect((await post()).status).toBe(403);
    expect((await post('x'.repeat(70_000))).status).toBe(413);
    expect((await post('a=b&'.repeat(1_000))).status).toBe(422);
    expect((await post('\0\xff%%%=%')).status).toBe(403);
    expect((await fetch(`${ingestor.url}/inbound/twilio/sms`)).status).toBe(404);
  });

  describe('to a shared number', () => {
    it('attributes to the one open challenge that the text names', async () => {
      const number = await givenNumber(ingestor.owner, workspace);
      const other = await givenInbox(ingestor.owner, workspace, { domain: 'gitlab.com' });
      await givenSmsChallenge(ingestor.owner, workspace, credentialId);
      await givenSmsChallenge(ingestor.owner, workspace, other.credentialId);
      await postSms(ingestor.url, smsParameters(number.e164, '482913 is your code.\n\n@gitlab.com #482913'));
      await postSms(ingestor.url, smsParameters(number.e164, 'Your GitHub code is 111222'));
      expect((await messages()).map(({ row }) => [row.credentialId, row.state])).toEqual([
        [other.credentialId, 'received'],
        [credentialId, 'received'],
      ]);
    });

    it('withholds what may be for two, or for none, and says so in the audit', async () => {
      const number = await givenNumber(ingestor.owner, workspace);
      const twin = await givenInbox(ingestor.owner, workspace, { domain: 'github.com' });
      await postSms(ingestor.url, smsParameters(number.e164, 'Your GitHub code is 000111'));
      await givenSmsChallenge(ingestor.owner, workspace, credentialId);
      await givenSmsChallenge(ingestor.owner, workspace, twin.credentialId);
      await postSms(ingestor.url, smsParameters(number.e164, 'Your GitHub code is 482913'));
      await postSms(ingestor.url, smsParameters(number.e164, 'Your Slack code is 482913'));
      expect((await messages()).map(({ row }) => [row.credentialId, row.state, row.stateReason])).toEqual([
        [null, 'ambiguous', 'no_open_challenge'],
        [null, 'ambiguous', 'fits_several_open_challenges'],
        [null, 'ambiguous', 'fits_no_open_challenge'],
      ]);
      const audited = await ingestor.owner.asSystem((tx) =>
        tx.auditEntry.findMany({ where: { workspaceId: workspace.workspaceId, action: 'inbound_message.ambiguous' } }),
      );
      expect(audited).toHaveLength(3);
      expect(JSON.stringify(audited)).not.toContain('482913');
    });
  });

  it('logs neither text nor code nor number', async () => {
    const number = await givenNumber(ingestor.owner, workspace, { credentialId });
    await postSms(ingestor.url, smsParameters(number.e164, 'canary 918273 text'));
    const log = ingestor.log.join('\n');
    expect(log).toContain(workspace.workspaceId);
    expect(log).not.toMatch(/918273|canary/);
    expect(log).not.toContain(number.e164);
  });
});
