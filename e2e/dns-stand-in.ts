import { createSocket } from 'node:dgram';

/** A DNS server (RFC 1035) on loopback that knows a few TXT records, and says of every other name that there is none. */
export class DnsStandIn {
  readonly #socket = createSocket('udp4');

  constructor(private readonly texts: Readonly<Record<string, string>>) {
    this.#socket.on('message', (query, { port, address }) => this.#socket.send(this.#answer(query), port, address));
  }

  /** Returns its address, as `OTPOST_DNS_SERVERS` takes it. */
  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#socket.bind(0, '127.0.0.1', resolve));
    return `127.0.0.1:${this.#socket.address().port}`;
  }

  stop(): Promise<void> {
    return new Promise((resolve) => this.#socket.close(resolve));
  }

  #answer(query: Buffer): Buffer {
    const labels: string[] = [];
    let at = 12;
    for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
      labels.push(query.toString('latin1', at + 1, at + 1 + length));
      at += 1 + length;
    }
    const isText = query.readUInt16BE(at + 1) === 16;
    const text = this.texts[labels.join('.').toLowerCase()];
    const header = Buffer.alloc(12);
    query.copy(header, 0, 0, 2);
    // An answer, recursion available; NXDOMAIN for an unknown name.
    header.writeUInt16BE(text === undefined ? 0x8183 : 0x8180, 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(text !== undefined && isText ? 1 : 0, 6);
    const question = query.subarray(12, at + 5);
    if (text === undefined || !isText) return Buffer.concat([header, question]);
    // A record holds its text in strings of at most 255 bytes.
    const strings = (text.match(/.{1,255}/g) ?? []).flatMap((part) => [Buffer.from([part.length]), Buffer.from(part)]);
    const data = Buffer.concat(strings);
    const record = Buffer.from([0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 60, 0, 0]);
    record.writeUInt16BE(data.length, 10);
    return Buffer.concat([header, question, record, data]);
  }
}
