/** Where Redis is, and how to log in there. */
export interface RedisAddress {
  kind: 'single' | 'sentinel' | 'cluster';
  /** The node; the sentinels; some nodes of the cluster, from which the others are learned. */
  nodes: { host: string; port: number }[];
  /** What the sentinels call the master. */
  masterName: string | undefined;
  login: RedisLogin;
  /** At the sentinels themselves, which have a login of their own, or none. */
  sentinelLogin: RedisLogin;
  database: number;
  tls: boolean;
}

export interface RedisLogin {
  username?: string;
  password?: string;
}

/** One of the four parts of a Redis URL: its topology, who logs in, the hosts, the path with the query. */
const shape =
  /^redis(s?)(?:\+(sentinel|cluster))?:\/\/(?:([^:@/?#]*)(?::([^@/?#]*))?@)?([^@/?#]+)(?:\/([^?#]*))?(?:\?([^#]*))?$/;
const defaultPort = { single: 6379, cluster: 6379, sentinel: 26379 };

/**
 * Takes a Redis URL apart:
 *
 *     redis://user:password@host:port/database
 *     redis+sentinel://user:password@host:port,host:port/master/database?sentinel_username=…&sentinel_password=…
 *     redis+cluster://user:password@host:port,host:port
 *
 * with `rediss` instead of `redis` for TLS, user names and passwords percent-encoded. Without a port it is 6379, of a sentinel 26379.
 * @throws TypeError that says what is wrong and repeats nothing of the URL, which may hold a password
 */
export function parseRedisUrl(url: string): RedisAddress {
  const match = shape.exec(url);
  if (match === null) {
    throw new TypeError(
      /^rediss?(\+(sentinel|cluster))?:\/\//.test(url)
        ? 'must be as in redis://user:password@host:port, with :, /, ?, # and @ of a password percent-encoded'
        : 'must start with redis://, redis+sentinel:// or redis+cluster:// (rediss for TLS)',
    );
  }
  const [, tls, topology, username, password, hosts = '', path = '', query = ''] = match;
  const kind = topology === 'sentinel' || topology === 'cluster' ? topology : 'single';
  const nodes = hosts.split(',').map((host) => parseHost(host, defaultPort[kind]));
  if (kind === 'single' && nodes.length > 1) {
    throw new TypeError('names several hosts: use redis+sentinel:// or redis+cluster://');
  }
  const [first, second, ...more] = path.split('/').map((part) => decode(part, 'the path'));
  if (more.length > 0 || (kind !== 'sentinel' && second !== undefined)) throw new TypeError('has too long a path');
  const database = (kind === 'sentinel' ? second : first) || '0';
  if (!/^\d{1,4}$/.test(database)) throw new TypeError('names a database that is no number');
  if (kind === 'cluster' && Number(database) !== 0) throw new TypeError('a cluster has only the database 0');
  return {
    kind,
    nodes,
    masterName: kind === 'sentinel' ? first || 'mymaster' : undefined,
    login: loginOf(username, password),
    sentinelLogin: parseQuery(query, kind),
    database: Number(database),
    tls: tls === 's',
  };
}

function parseHost(text: string, port: number): { host: string; port: number } {
  const match = /^(\[[0-9a-fA-F:.]+\]|[^:[\]\s]+)(?::(\d{1,5}))?$/.exec(text);
  if (match?.[1] === undefined) throw new TypeError('names a host that is none: expected host:port,host:port');
  const given = match[2] === undefined ? port : Number(match[2]);
  if (given < 1 || given > 65_535) throw new TypeError('names a port that is none');
  return { host: match[1].replace(/^\[|\]$/g, ''), port: given };
}

function parseQuery(query: string, kind: RedisAddress['kind']): RedisLogin {
  const found: Record<string, string> = {};
  for (const part of query.split('&').filter(Boolean)) {
    const [name = '', ...value] = part.split('=');
    if (kind !== 'sentinel' || !/^sentinel_(username|password)$/.test(name)) {
      throw new TypeError('has a query, where only sentinel_username and sentinel_password may be, for sentinels');
    }
    found[name] = value.join('=');
  }
  return loginOf(found['sentinel_username'], found['sentinel_password']);
}

function loginOf(username: string | undefined, password: string | undefined): RedisLogin {
  return {
    ...(username ? { username: decode(username, 'the user name') } : {}),
    ...(password ? { password: decode(password, 'the password') } : {}),
  };
}

function decode(text: string, what: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new TypeError(`holds a % that encodes nothing, in ${what}: a % itself is %25`);
  }
}
