import { isIP, type LookupFunction } from 'node:net';
import { fieldError } from '@otpost/contracts';
import { buildConnector } from 'undici';
import { AddressRules } from './address-rules.js';
import { resolveHost, type ResolveHost } from './resolve-host.js';

/** Where webhooks may not go. Its code is what the attempt is recorded with. */
export class DestinationRefused extends Error {
  readonly code = 'destination_refused';

  constructor() {
    super('the destination is not allowed');
    this.name = 'DestinationRefused';
  }
}

const connectTimeoutMs = 5_000;

/**
 * Keeps webhooks from reaching what only this machine can reach (SSRF). A URL is looked at when an endpoint is made, for the user's sake;
 * what protects is the look at connect time: the very addresses that were checked are connected to, so a name that resolves to something
 * else a moment later (DNS rebinding) gains nothing.
 */
export class DestinationGuard {
  readonly #rules: AddressRules;
  readonly #resolve: ResolveHost;

  constructor(rules: AddressRules, resolve: ResolveHost = resolveHost) {
    this.#rules = rules;
    this.#resolve = resolve;
  }

  /**
   * Whether an endpoint may have this URL. A name that does not resolve now may: it is looked at again at each connection.
   * @throws AppError `validation_failed` on the field `url`
   */
  async checkUrl(text: string): Promise<void> {
    const url = URL.canParse(text) ? new URL(text) : null;
    if (url === null) throw fieldError('url', 'is not a URL');
    if (url.protocol !== 'https:' && url.protocol !== 'http:') throw fieldError('url', 'must be http or https');
    if (url.username !== '' || url.password !== '') throw fieldError('url', 'must hold no user name or password');
    // The parser has turned decimal, octal, hexadecimal and short forms into dotted ones.
    const host = bare(url.hostname);
    const addresses = isIP(host) === 0 ? await this.#resolve(host).catch(() => []) : [{ address: host }];
    if (!addresses.every(({ address }) => this.#rules.allows(address))) {
      throw fieldError(
        'url',
        'leads to an address that is private, local or reserved; whoever runs otpost may allow it in OTPOST_WEBHOOK_ALLOW_CIDRS',
      );
    }
  }

  /** For undici: connects to allowed addresses only, with TLS verified whatever the environment says. */
  connector(): buildConnector.connector {
    const connect = buildConnector({
      lookup: this.#lookup,
      timeout: connectTimeoutMs,
      rejectUnauthorized: true,
    });
    return (options, callback) => {
      const host = bare(options.hostname);
      // node:net asks no lookup for an address.
      if (isIP(host) !== 0 && !this.#rules.allows(host)) return callback(new DestinationRefused(), null);
      return connect(options, callback);
    };
  }

  /** One refused address refuses the name: a public and a private one together are somebody's try. */
  readonly #lookup: LookupFunction = (hostname, options, callback) => {
    this.#resolve(hostname).then(
      (addresses) => {
        const [first] = addresses;
        if (first === undefined || !addresses.every(({ address }) => this.#rules.allows(address))) {
          return callback(new DestinationRefused(), '', 0);
        }
        if (options.all === true) return callback(null, addresses);
        return callback(null, first.address, first.family);
      },
      (error: NodeJS.ErrnoException) => callback(error, '', 0),
    );
  };
}

function bare(hostname: string): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
}
