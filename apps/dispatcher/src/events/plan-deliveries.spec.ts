import { describe, expect, it } from '@jest/globals';
import { planDeliveries } from './plan-deliveries.js';

const event = (id: string, type: string, payload: unknown = {}) => ({ id, type, payload });
const subscriber = (id: string, events: string[] = [], enabled = true) => ({ id, events, enabled });

describe('planDeliveries', () => {
  it('sends every event to whoever subscribed to its type, or to none in particular', () => {
    const planned = planDeliveries(
      [event('e1', 'code.received'), event('e2', 'challenge.resolved')],
      [subscriber('all'), subscriber('codes', ['code.received']), subscriber('others', ['interaction.waiting'])],
    );
    expect(planned).toEqual([
      { eventId: 'e1', endpointId: 'all', state: 'pending' },
      { eventId: 'e1', endpointId: 'codes', state: 'pending' },
      { eventId: 'e2', endpointId: 'all', state: 'pending' },
    ]);
  });

  it('keeps what is for a disabled endpoint', () => {
    expect(planDeliveries([event('e1', 'code.received')], [subscriber('off', [], false)])).toEqual([
      { eventId: 'e1', endpointId: 'off', state: 'held' },
    ]);
  });

  it('tells of a disabled endpoint to the others only', () => {
    const disabled = event('e1', 'endpoint.disabled', { endpoint_id: 'off' });
    expect(planDeliveries([disabled], [subscriber('off', [], false), subscriber('on')])).toEqual([
      { eventId: 'e1', endpointId: 'on', state: 'pending' },
    ]);
  });

  it('plans nothing when nobody listens', () => {
    expect(planDeliveries([event('e1', 'code.received')], [])).toEqual([]);
  });
});
