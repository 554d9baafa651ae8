import { applyDecorators, Catch, UseFilters, type RpcExceptionFilter } from '@nestjs/common';
import { Ctx, EventPattern, MessagePattern, Payload } from '@nestjs/microservices';
import type { EventContract, PayloadOf, RequestOf, ResponseOf, RpcContract } from '@otpost/contracts';
import { type Observable, throwError } from 'rxjs';
import type { RpcContext } from './rpc-context.js';

/** Handlers of this transport are not offered to others an app may have. */
export const redisTransport = Symbol('otpost.redis');

type Handler<Payload, Result> = (
  payload: Payload,
  context: RpcContext,
) => Promise<Result> | Result | Observable<Result>;
/** Generic over the method itself, so that one without the context, which it need not take, is accepted. */
type HandlerDecorator<Payload, Result> = <Method extends Handler<Payload, Result>>(
  target: object,
  key: string | symbol,
  descriptor: TypedPropertyDescriptor<Method>,
) => void;

/**
 * The method of a controller that answers `contract`: it is given the decoded payload and an `RpcContext`, and returns the
 * response. Throw an `AppError` to tell the caller; anything else reaches it as `internal`. Nest's guards, pipes and interceptors
 * apply; exception filters of your own go above this decorator.
 */
export function Rpc<Contract extends RpcContract>(
  contract: Contract,
): HandlerDecorator<RequestOf<Contract>, ResponseOf<Contract>> {
  return applyDecorators(
    UseFilters(passOn),
    takesPayloadAndContext,
    MessagePattern(contract.pattern, redisTransport, { contract }),
  );
}

/** The method of a controller that handles the event of `contract`. What it throws is logged, not repeated. */
export function OnEvent<Contract extends EventContract>(
  contract: Contract,
): HandlerDecorator<PayloadOf<Contract>, void> {
  return applyDecorators(
    UseFilters(passOn),
    takesPayloadAndContext,
    EventPattern<string>(contract.pattern, redisTransport, { contract }),
  );
}

/**
 * Every handler is given the payload, then the context. Left to Nest, `@Ctx()` on the second parameter would take the payload from the
 * first, silently.
 */
function takesPayloadAndContext(target: object, key: string | symbol): void {
  Payload()(target, key, 0);
  Ctx()(target, key, 1);
}

/** Hands errors to the transport as they are. Nest's own filter would log each one and replace it by a text. */
@Catch()
class PassOn implements RpcExceptionFilter {
  catch(error: unknown): Observable<never> {
    return throwError(() => error);
  }
}

const passOn = new PassOn();
