// @ts-check
import { once } from 'node:events';
import { createServer } from 'node:http';
import { Webhook } from 'standardwebhooks';

/** @typedef {{ session_id: string, page_url: string, message: string | null }} Question payload of `interaction.waiting` */

/**
 * The application that the agent works for: otpost posts to it when a human is needed, and it passes the page on to that human.
 * @param {import('./otpost.mjs').Otpost} otpost
 * @param {(question: Question) => void} onQuestion
 */
export async function startApplication(otpost, onQuestion) {
  let secret = '';
  const server = createServer((request, response) => {
    receive(request).then(
      (question) => {
        response.writeHead(200).end();
        onQuestion(question);
      },
      () => response.writeHead(400).end(),
    );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  const url = `http://127.0.0.1:${port}/webhooks`;
  ({ secret } = await otpost.call('POST', '/v1/webhook-endpoints', { url, events: ['interaction.waiting'] }));

  /**
   * @param {import('node:http').IncomingMessage} request
   * @returns {Promise<Question>}
   * @throws when the signature is not otpost's
   */
  async function receive(request) {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const headers = /** @type {Record<string, string>} */ (request.headers);
    const body = new Webhook(secret).verify(Buffer.concat(chunks).toString(), headers);
    return /** @type {{ payload: Question }} */ (body).payload;
  }

  return {
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
