// A Cloudflare Email Worker that hands each mail to otpost. docs/recipes/cloudflare.md tells how to set it up.
export default {
  async email(message, env) {
    const mail = await new Response(message.raw).arrayBuffer();
    const request = await sign(`Delivered-To: ${message.to}\r\n`, mail, env.OTPOST_MIME_SECRET);
    const answer = await fetch(env.OTPOST_MIME_URL, { method: 'POST', ...request });
    // What stays as it is when it is tried again goes back to the sender; the rest is thrown, and the sender tries again.
    const refusals = { 404: 'No such recipient', 413: 'The message is too large', 422: 'The message cannot be read' };
    if (answer.status in refusals) message.setReject(refusals[answer.status]);
    else if (!answer.ok) throw new Error(`otpost answered ${answer.status}`);
  },
};

/**
 * Standard Webhooks: HMAC-SHA256 over `<id>.<timestamp>.<body>`. The body is the mail below a line that names its recipient, which its own
 * headers need not do. All in one buffer, since a mail may be large and a worker's memory is not.
 */
async function sign(recipientLine, mail, secret) {
  const [id, timestamp] = [crypto.randomUUID(), String(Math.floor(Date.now() / 1000))];
  const prefix = new TextEncoder().encode(`${id}.${timestamp}.`);
  const line = new TextEncoder().encode(recipientLine);
  const signed = new Uint8Array(prefix.length + line.length + mail.byteLength);
  signed.set(prefix);
  signed.set(line, prefix.length);
  signed.set(new Uint8Array(mail), prefix.length + line.length);

  const keyBytes = Uint8Array.from(atob(secret.replace(/^whsec_/, '')), (character) => character.charCodeAt(0));
  const key = await crypto.subtle.importKey('raw', keyBytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  const signature = btoa(String.fromCharCode(...new Uint8Array(await crypto.subtle.sign('HMAC', key, signed))));
  return {
    headers: {
      'content-type': 'message/rfc822',
      'webhook-id': id,
      'webhook-timestamp': timestamp,
      'webhook-signature': `v1,${signature}`,
    },
    body: signed.subarray(prefix.length),
  };
}
