import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { generatedDocuments } from './generated-documents.js';

const root = new URL('../../../../', import.meta.url);

describe('generatedDocuments', () => {
  it.each(Object.keys(generatedDocuments()))(
    '%s in the repository is what the code says (./otpost docs writes it)',
    (path) => {
      expect(readFileSync(new URL(path, root), 'utf8')).toBe(generatedDocuments()[path]);
    },
  );

  it('names every operation once', () => {
    const document = JSON.parse(generatedDocuments()['docs/openapi.json'] ?? '{}') as {
      paths: Record<string, Record<string, { operationId: string }>>;
    };
    const ids = Object.values(document.paths).flatMap((methods) =>
      Object.values(methods).map(({ operationId }) => operationId),
    );
    expect(ids.length).toBeGreaterThan(20);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
