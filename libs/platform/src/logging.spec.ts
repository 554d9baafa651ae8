import { describe, expect, it } from '@jest/globals';
import { AppError } from '@otpost/contracts';
import { Secret } from '@otpost/envelope';
import { createLogger, describeError } from './logging.js';

function capture() {
  const lines: string[] = [];
  const logger = createLogger({
    service: 'vault',
    replica: 'r1',
    level: 'debug',
    destination: { write: (line) => void lines.push(line) },
  });
  return { lines, logger };
}

describe('createLogger', () => {
  it('writes one JSON object an event, with service, replica and ISO time', () => {
    const { lines, logger } = capture();
    logger.info('request', { status: 200 });
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      event: 'request',
      level: 'info',
      service: 'vault',
      replica: 'r1',
      status: 200,
    });
    expect((JSON.parse(lines[0] ?? '') as { time: string }).time).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
  });

  it('prints a Secret as [redacted], nested in a child as well', () => {
    const { lines, logger } = capture();
    logger.child({ root: new Secret('hunter2') }).warn('w', { key: new Secret('hunter2') });
    expect(lines.join()).toContain('[redacted]');
    expect(lines.join()).not.toContain('hunter2');
  });
});

describe('describeError', () => {
  it('drops the message of an error that is not ours: libraries quote their input', () => {
    const error = Object.assign(new Error('invalid input syntax for type uuid: "hunter2"'), {
      code: '22P02',
      detail: 'hunter2',
    });
    const described = JSON.stringify(describeError(error));
    expect(described).toContain('22P02');
    expect(described).not.toContain('hunter2');
  });

  it('keeps what an AppError says, its internal note and its cause by name', () => {
    const error = new AppError('unavailable', 'the vault is away', {
      internal: 'stream full',
      cause: new TypeError('hunter2'),
    });
    const described = JSON.stringify(describeError(error));
    expect(described).toContain('the vault is away');
    expect(described).toContain('stream full');
    expect(described).toContain('TypeError');
    expect(described).not.toContain('hunter2');
  });
});
