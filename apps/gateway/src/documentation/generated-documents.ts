import { environmentExample } from '@otpost/platform';
import { gatewayControllers } from '../controllers.js';
import { endpointsOf } from './endpoints-of.js';
import { openApiDocument, scopesTable } from './openapi.js';

/** The files of the repository that are made from the code, by path. A test compares them, so that none is ever out of date. */
export function generatedDocuments(): Record<string, string> {
  const endpoints = endpointsOf(gatewayControllers);
  return {
    'docs/openapi.json': `${JSON.stringify(openApiDocument(endpoints), null, 2)}\n`,
    'docs/scopes.md': `# Routes and what they need\n\n${scopesTable(endpoints)}`,
    '.env.example': environmentExample(),
  };
}
