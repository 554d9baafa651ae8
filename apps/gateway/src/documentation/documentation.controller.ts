import { Controller, Get, Header } from '@nestjs/common';
import { generatedDocuments } from './generated-documents.js';

const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>otpost API</title>
<link rel="stylesheet" href="/docs/assets/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="/docs/assets/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`;

const startScript = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#swagger-ui', deepLinking: true });
`;

const policy =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'";

/** The API's document and its rendering, both served from here: no third party is asked for anything. */
@Controller()
export class DocumentationController {
  readonly #openApi = generatedDocuments()['docs/openapi.json'];

  @Get('openapi.json')
  @Header('content-type', 'application/json; charset=utf-8')
  openApi(): string | undefined {
    return this.#openApi;
  }

  @Get('docs')
  @Header('content-type', 'text/html; charset=utf-8')
  @Header('content-security-policy', policy)
  docs(): string {
    return page;
  }

  @Get('docs/start.js')
  @Header('content-type', 'text/javascript; charset=utf-8')
  start(): string {
    return startScript;
  }
}
