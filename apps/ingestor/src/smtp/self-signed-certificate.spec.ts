import { createPrivateKey, X509Certificate } from 'node:crypto';
import { connect, createServer } from 'node:tls';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { selfSignedCertificate } from './self-signed-certificate.js';

describe('selfSignedCertificate', () => {
  it('is a valid certificate of its own key, for the host, for two years', () => {
    const { key, cert } = selfSignedCertificate('inbox.example.com', new Date('2026-11-21T04:00:00Z'));
    const certificate = new X509Certificate(cert);
    expect(certificate.subject).toBe('CN=inbox.example.com');
    expect(certificate.checkHost('inbox.example.com')).toBe('inbox.example.com');
    expect(certificate.checkIssued(certificate)).toBe(true);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(certificate.checkPrivateKey(createPrivateKey(key))).toBe(true);
    expect(new Date(certificate.validFrom)).toEqual(new Date('2026-11-20T04:00:00Z'));
    expect(new Date(certificate.validTo) > new Date('2028-11-21T00:00:00Z')).toBe(true);
  });

  it('is another one each time', () => {
    const [one, other] = [selfSignedCertificate('a.example'), selfSignedCertificate('a.example')];
    expect(one.key).not.toBe(other.key);
    expect(new X509Certificate(one.cert).serialNumber).not.toBe(new X509Certificate(other.cert).serialNumber);
  });

  it('serves TLS 1.2 and 1.3 to who trusts it', async () => {
    const own = selfSignedCertificate(`${'long-label.'.repeat(12)}example`);
    const server = createServer(own, (socket) => socket.end());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      const options = {
        port,
        ca: own.cert,
        servername: `${'long-label.'.repeat(12)}example`,
        minVersion: version,
        maxVersion: version,
      };
      const authorized = await new Promise((resolve, reject) => {
        const socket = connect(options, () => resolve(socket.authorized));
        socket.on('error', reject).resume();
      });
      expect(authorized).toBe(true);
    }
    await new Promise((resolve) => server.close(resolve));
  });
});
