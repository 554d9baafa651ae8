/**
 * Names of everything in Redis. What belongs to one service's queue shares a hash tag, so that one script may touch it all on
 * a Redis Cluster.
 */
export class RpcKeys {
  constructor(readonly prefix: string) {}

  /** Stream of what waits for a service or is in its hands. */
  requests(service: string): string {
    return `${this.prefix}:rpc:{${service}}:requests`;
  }

  /** Hash of a service's replicas: when each one's sign of life expires, and how much it takes. */
  replicas(service: string): string {
    return `${this.prefix}:rpc:{${service}}:replicas`;
  }

  /** How many requests the living replicas of a service take together. */
  capacity(service: string): string {
    return `${this.prefix}:rpc:{${service}}:capacity`;
  }

  /** Who began the at-most-once request with this id. */
  claim(service: string, id: string): string {
    return `${this.prefix}:rpc:{${service}}:claim:${id}`;
  }

  /** Channel of cancellations and of replicas that leave. */
  control(service: string): string {
    return `${this.prefix}:rpc:{${service}}:control`;
  }

  /** List of the replies to one asking process; `address` is its hex address. */
  replies(address: string): string {
    return `${this.prefix}:rpc:{reply:${address}}`;
  }

  /** Channel of one broadcast topic. */
  broadcast(topic: string): string {
    return `${this.prefix}:broadcast:${topic}`;
  }
}

/** The one consumer group of a service's stream. */
export const consumerGroup = 'replicas';

/** The one field of a stream entry. */
export const frameField = 'm';
