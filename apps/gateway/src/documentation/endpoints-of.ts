import type { Type } from '@nestjs/common';
import { endpointOf, type Endpoint } from '../http/endpoint.js';

/** Every endpoint that these controllers handle. */
export function endpointsOf(controllers: readonly Type[]): Endpoint[] {
  return controllers.flatMap(({ prototype }) => {
    const methods = prototype as Record<string, object>;
    return Object.getOwnPropertyNames(methods)
      .map((name) => endpointOf(methods[name] ?? {}))
      .filter((endpoint) => endpoint !== undefined);
  });
}
