/** An event that is to be sent, and who might want it. */
export interface EventToPlan {
  id: string;
  type: string;
  payload: unknown;
}

export interface Subscriber {
  id: string;
  /** Empty: all types. */
  events: readonly string[];
  enabled: boolean;
}

export interface PlannedDelivery {
  eventId: string;
  endpointId: string;
  /** A disabled endpoint's are kept until they are recovered. */
  state: 'pending' | 'held';
}

/** Which event goes to which endpoint, in the order of the events. */
export function planDeliveries(events: readonly EventToPlan[], subscribers: readonly Subscriber[]): PlannedDelivery[] {
  return events.flatMap((event) =>
    subscribers
      .filter((subscriber) => wants(subscriber, event))
      .map(({ id, enabled }) => ({ eventId: event.id, endpointId: id, state: enabled ? 'pending' : 'held' })),
  );
}

function wants({ id, events }: Subscriber, event: EventToPlan): boolean {
  // That an endpoint was disabled is told to the others.
  if (event.type === 'endpoint.disabled' && (event.payload as { endpoint_id?: unknown }).endpoint_id === id)
    return false;
  return events.length === 0 || events.includes(event.type);
}
