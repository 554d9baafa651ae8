-- The hot path of webhooks, one round trip each. As functions that run as the owner, each told its workspace and holding itself to it: under the
-- policy the planner, which knows nothing yet of a workspace that has just begun to send, takes "workspace_id = ..." for one row, and so reads
-- all of them again for every row it looks for. Measured with 10,000 deliveries of a new workspace: 2,300 a second become 150. Here every row
-- is reached by its own key.

-- Events ---------------------------------------------------------------------------------------------------------------------

-- Beside event_to_fan_out, which is the sweeper's: a workspace is not to wade through what others have waiting.
CREATE INDEX event_to_fan_out_of_workspace ON event (workspace_id, created_at, id) WHERE fanned_out_at IS NULL;

-- Gives the next events of a workspace that have none their place in its stream, in the order in which they were written, and returns
-- them. One caller per workspace at a time, under the advisory lock of the fan-out: a place is visible only after all before it.
CREATE FUNCTION place_events(p_workspace_id uuid, p_limit integer, p_now timestamptz)
RETURNS TABLE (event_id uuid, event_type text, event_payload jsonb, place bigint)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET enable_seqscan = off AS $$
  WITH waiting AS MATERIALIZED (
    SELECT id, created_at FROM event
    WHERE workspace_id = p_workspace_id AND fanned_out_at IS NULL
    ORDER BY created_at, id LIMIT p_limit
  ), numbered AS (
    SELECT id, row_number() OVER (ORDER BY created_at, id) AS n FROM waiting
  ), stream AS MATERIALIZED (
    SELECT coalesce(max(position), 0) AS length FROM event WHERE workspace_id = p_workspace_id
  ), placed AS (
    UPDATE event e SET position = stream.length + numbered.n, fanned_out_at = p_now
    FROM numbered, stream
    WHERE e.id = numbered.id
    RETURNING e.id, e.type, e.payload, e.position
  )
  SELECT id, type, payload, position FROM placed ORDER BY position
$$;
REVOKE ALL ON FUNCTION place_events FROM PUBLIC;
GRANT EXECUTE ON FUNCTION place_events TO otpost_dispatcher;

-- Deliveries -----------------------------------------------------------------------------------------------------------------

-- Writes attempts down and moves their deliveries on; at most one attempt per delivery. May be repeated: an attempt that is there changes
-- nothing any more. A success counts whatever has become of the delivery meanwhile; a failure moves only what still is pending, and nothing
-- when it names no next state. Of a delivery that is gone, or another workspace's, nothing is written.
-- p_attempts: [{id, delivery_id, trigger, started_at, duration_ms, success, status_code, error, response_body, next_state, next_attempt_at}]
CREATE FUNCTION record_attempts(p_workspace_id uuid, p_attempts jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET enable_seqscan = off AS $$
DECLARE
  v_delivery_ids uuid[] := ARRAY(SELECT (a ->> 'delivery_id')::uuid FROM jsonb_array_elements(p_attempts) AS a);
BEGIN
  WITH attempt AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset(p_attempts) AS a(
      id uuid, delivery_id uuid, trigger attempt_trigger, started_at timestamptz, duration_ms integer, success boolean,
      status_code integer, error text, response_body text, next_state delivery_state, next_attempt_at timestamptz)
  ), present AS MATERIALIZED (
    -- Locked, so that none can be deleted between being found and being written of.
    SELECT d.id FROM delivery d
    WHERE d.id = ANY (v_delivery_ids) AND d.workspace_id = p_workspace_id ORDER BY d.id FOR NO KEY UPDATE
  ), written AS (
    INSERT INTO delivery_attempt (
      id, workspace_id, delivery_id, trigger, started_at, duration_ms, success, status_code, error, response_body)
    SELECT a.id, p_workspace_id, a.delivery_id, a.trigger, a.started_at, a.duration_ms, a.success, a.status_code, a.error,
      a.response_body
    FROM attempt a JOIN present p ON p.id = a.delivery_id
    ON CONFLICT (id) DO NOTHING
    RETURNING id
  )
  UPDATE delivery d SET
    state = CASE
      WHEN a.success THEN 'delivered'
      WHEN d.state = 'pending' AND a.next_state IS NOT NULL THEN a.next_state
      ELSE d.state END,
    next_attempt_at = CASE
      WHEN a.success THEN NULL
      WHEN d.state = 'pending' AND a.next_state IS NOT NULL THEN a.next_attempt_at
      ELSE d.next_attempt_at END,
    leased_until = CASE WHEN a.success OR a.trigger = 'schedule' THEN NULL ELSE d.leased_until END,
    attempt_count = d.attempt_count + (a.trigger = 'schedule')::integer,
    delivered_at = CASE
      WHEN a.success THEN coalesce(d.delivered_at, a.started_at + a.duration_ms * interval '1 millisecond')
      ELSE d.delivered_at END
  FROM attempt a JOIN written w ON w.id = a.id
  WHERE d.id = a.delivery_id AND d.id = ANY (v_delivery_ids);
END $$;
REVOKE ALL ON FUNCTION record_attempts FROM PUBLIC;
GRANT EXECUTE ON FUNCTION record_attempts TO otpost_dispatcher;

-- To be called by itself, not within a larger transaction: it commits without waiting for the disk.
-- Takes deliveries of an endpoint that are due, the longest due first, and leases them to the caller until p_leased_until. Rows that another
-- process is at are passed over. A question whose challenge is over has lost its point: instead of being asked again it is dropped.
CREATE FUNCTION take_deliveries(
  p_workspace_id uuid, p_endpoint_id uuid, p_limit integer, p_now timestamptz, p_leased_until timestamptz)
RETURNS TABLE (
  delivery_id uuid, attempts_made integer, event_id uuid, event_type text, event_payload jsonb, event_metadata jsonb, challenge_id uuid)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
  v_due uuid[];
BEGIN
  -- Leases need not reach the disk before anybody acts on them: if they are lost, so is the process that had them.
  PERFORM set_config('synchronous_commit', 'off', true);
  -- A statement of its own: as part of another one it may be run once per row of that, and then takes many times the limit.
  v_due := ARRAY(
    SELECT d.id FROM delivery d
    WHERE d.endpoint_id = p_endpoint_id AND d.workspace_id = p_workspace_id AND d.state = 'pending' AND d.next_attempt_at <= p_now
      AND (d.leased_until IS NULL OR d.leased_until <= p_now)
    ORDER BY d.next_attempt_at LIMIT p_limit
    FOR UPDATE SKIP LOCKED);

  UPDATE delivery d SET state = 'dropped', next_attempt_at = NULL, leased_until = NULL
  FROM event e
  WHERE d.id = ANY (v_due) AND d.attempt_count > 0 AND e.id = d.event_id AND e.type = 'interaction.waiting'
    AND NOT EXISTS (
      SELECT FROM challenge c WHERE c.id = e.challenge_id AND c.status = 'pending' AND c.expires_at > p_now);

  RETURN QUERY
  WITH taken AS (
    UPDATE delivery d SET leased_until = p_leased_until
    WHERE d.id = ANY (v_due) AND d.state = 'pending'
    RETURNING d.id, d.attempt_count, d.event_id, d.next_attempt_at
  )
  SELECT t.id, t.attempt_count, e.id, e.type, e.payload, e.metadata, e.challenge_id
  FROM taken t CROSS JOIN LATERAL (SELECT * FROM event WHERE id = t.event_id LIMIT 1) AS e
  ORDER BY t.next_attempt_at, t.id;
END $$;
REVOKE ALL ON FUNCTION take_deliveries FROM PUBLIC;
GRANT EXECUTE ON FUNCTION take_deliveries TO otpost_dispatcher;
