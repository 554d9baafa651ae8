import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Agent, request } from 'undici';
import { AddressRules } from './address-rules.js';
import { DestinationGuard } from './destination-guard.js';
import { resolveHost, type ResolveHost } from './resolve-host.js';

const loopback = { address: '127.0.0.0', family: 'ipv4', prefixLength: 8 } as const;
const refusal = { code: 'validation_failed', fields: [{ path: 'url' }] };

/** Names and their addresses; each look-up of a name takes its next answer, the last one stays. */
function resolver(names: Record<string, string[][]>): ResolveHost & { asked: string[] } {
  const asked: string[] = [];
  const resolve = (hostname: string) => {
    asked.push(hostname);
    const answers = names[hostname] ?? [];
    const addresses = answers.length > 1 ? answers.shift() : answers[0];
    if (addresses === undefined) return Promise.reject(Object.assign(new Error('none'), { code: 'ENOTFOUND' }));
    return Promise.resolve(addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })));
  };
  return Object.assign(resolve, { asked });
}

describe('checkUrl', () => {
  const names = {
    'public.example': [['93.184.215.14', '2606:2800:21f:cb07:6820:80da:af6b:8b2c']],
    'private.example': [['10.0.0.7']],
    'mixed.example': [['93.184.215.14', '127.0.0.1']],
    'mapped.example': [['::ffff:169.254.169.254']],
  };
  const guard = new DestinationGuard(new AddressRules(), resolver(names));

  it.each([
    'https://public.example/hook',
    'http://public.example:8443/hook?x=1',
    'http://1.1.1.1/',
    'https://[2606:4700:4700::1111]/',
    // May resolve later; it is looked at again at each connection.
    'https://not-there-yet.example/',
  ])('takes %s', async (url) => {
    await expect(guard.checkUrl(url)).resolves.toBeUndefined();
  });

  it.each([
    'https://private.example/',
    'https://mixed.example/',
    'https://mapped.example/',
    'http://127.0.0.1/',
    'http://127.1/',
    'http://2130706433/',
    'http://0x7f000001/',
    'http://0177.0.0.1/',
    'http://0/',
    'http://127.0.0.1./',
    'http://①②⑦.⓪.⓪.①/',
    'http://%31%32%37.0.0.1/',
    'http://169.254.169.254/latest/meta-data',
    'http://[::1]/',
    'http://[::]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:7f00:1]/',
    'http://[::7f00:1]/',
    'http://[64:ff9b::7f00:1]/',
    'http://[64:ff9b:1::808:808]/',
    'http://[2002:7f00:1::]/',
    'https://user@public.example/',
    'https://user:secret@public.example/',
    'https://:secret@public.example/',
    'ftp://public.example/',
    'file:///etc/passwd',
    'gopher://public.example/',
    'javascript:alert(1)',
    '//public.example/',
    'public.example',
    'http://',
    '',
  ])('refuses %j', async (url) => {
    await expect(guard.checkUrl(url)).rejects.toMatchObject(refusal);
  });

  it('takes what is excepted', async () => {
    const excepted = new DestinationGuard(new AddressRules([loopback]), resolver(names));
    await expect(excepted.checkUrl('http://127.0.0.1:8080/')).resolves.toBeUndefined();
    await expect(excepted.checkUrl('http://10.0.0.1/')).rejects.toMatchObject(refusal);
  });
});

describe('connector', () => {
  let server: Server;
  let connections: Socket[];
  let port: number;
  let agent: Agent | undefined;

  beforeEach(async () => {
    connections = [];
    server = createServer((_request, response) => response.end('here'));
    server.on('connection', (socket) => connections.push(socket));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
  });

  afterEach(async () => {
    await agent?.destroy();
    await new Promise((resolve) => server.close(resolve));
  });

  async function get(url: string, rules: AddressRules, resolve: ResolveHost): Promise<string> {
    agent = new Agent({ connect: new DestinationGuard(rules, resolve).connector() });
    const { body } = await request(url, { dispatcher: agent });
    return body.text();
  }

  it('connects to the address that was checked, asking for it once', async () => {
    const resolve = resolver({ 'hook.example': [['127.0.0.1'], ['10.0.0.1']] });
    await expect(get(`http://hook.example:${port}/`, new AddressRules([loopback]), resolve)).resolves.toBe('here');
    expect(resolve.asked).toEqual(['hook.example']);
  });

  it('refuses a name that was public when the endpoint was made and is private now', async () => {
    const resolve = resolver({ 'rebinding.example': [['93.184.215.14'], ['127.0.0.1']] });
    await new DestinationGuard(new AddressRules(), resolve).checkUrl(`http://rebinding.example:${port}/`);
    const getting = get(`http://rebinding.example:${port}/`, new AddressRules(), resolve);
    await expect(getting).rejects.toMatchObject({ code: 'destination_refused' });
    expect(connections).toEqual([]);
  });

  it('refuses a name with a public and a private address', async () => {
    const resolve = resolver({ 'mixed.example': [['93.184.215.14', '127.0.0.1']] });
    const getting = get(`http://mixed.example:${port}/`, new AddressRules(), resolve);
    await expect(getting).rejects.toMatchObject({ code: 'destination_refused' });
    expect(connections).toEqual([]);
  });

  it.each(['127.0.0.1', '2130706433', '[::ffff:127.0.0.1]', '[::1]', '0'])(
    'refuses the address %s, which no look-up is asked for',
    async (host) => {
      const getting = get(`http://${host}:${port}/`, new AddressRules(), resolver({}));
      await expect(getting).rejects.toMatchObject({ code: 'destination_refused' });
      expect(connections).toEqual([]);
    },
  );

  it('refuses a private address behind TLS too', async () => {
    const resolve = resolver({ 'private.example': [['127.0.0.1']] });
    const getting = get(`https://private.example:${port}/`, new AddressRules(), resolve);
    await expect(getting).rejects.toMatchObject({ code: 'destination_refused' });
    expect(connections).toEqual([]);
  });

  it('finds the names of /etc/hosts', async () => {
    await expect(
      get(`http://localhost:${port}/`, new AddressRules([loopback, ipv6Loopback]), resolveHost),
    ).resolves.toBe('here');
  });
});

const ipv6Loopback = { address: '::1', family: 'ipv6', prefixLength: 128 } as const;
