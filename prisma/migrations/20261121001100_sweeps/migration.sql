-- What is due, over all workspaces. As functions for the one service that sweeps, which tell ids and nothing else: so neither the ingestor,
-- which strangers talk to, nor the dispatcher needs the login of the schema's owner, who may do anything.

-- The ingestor: messages that the vault has not opened.
CREATE FUNCTION messages_to_deposit(p_youngest_seconds integer, p_oldest_seconds integer, p_limit integer)
RETURNS TABLE (workspace_id uuid, id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT m.workspace_id, m.id FROM inbound_message m
  WHERE m.processed_at IS NULL AND m.received_at < now() - make_interval(secs => p_youngest_seconds)
    AND (p_oldest_seconds IS NULL OR m.received_at > now() - make_interval(secs => p_oldest_seconds))
  ORDER BY m.received_at LIMIT p_limit
$$;

-- The dispatcher: workspaces with events that have no place in their stream yet.
CREATE FUNCTION workspaces_with_unsent_events(p_before timestamptz) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT DISTINCT workspace_id FROM (
    SELECT workspace_id FROM event WHERE fanned_out_at IS NULL AND created_at < p_before ORDER BY created_at LIMIT 10000) AS e
$$;

-- Endpoints that have something due which nobody is at. Walks the index from endpoint to endpoint, so that a long queue costs no more
-- than a short one.
CREATE FUNCTION due_endpoints(p_now timestamptz) RETURNS TABLE (workspace_id uuid, endpoint_id uuid, is_failing boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  WITH RECURSIVE waiting AS (
    (SELECT d.endpoint_id FROM delivery d WHERE d.state = 'pending' ORDER BY d.endpoint_id LIMIT 1)
    UNION ALL
    SELECT (
      SELECT d.endpoint_id FROM delivery d
      WHERE d.state = 'pending' AND d.endpoint_id > waiting.endpoint_id ORDER BY d.endpoint_id LIMIT 1)
    FROM waiting WHERE waiting.endpoint_id IS NOT NULL
  )
  SELECT w.workspace_id, w.id, w.failing_since IS NOT NULL
  FROM waiting JOIN webhook_endpoint w ON w.id = waiting.endpoint_id
  WHERE EXISTS (
    SELECT FROM delivery d
    WHERE d.endpoint_id = w.id AND d.state = 'pending' AND d.next_attempt_at <= p_now
      AND (d.leased_until IS NULL OR d.leased_until <= p_now))
$$;

-- Challenges whose time is over by more than a timer may be late. Longest first.
CREATE FUNCTION overdue_challenges(p_limit integer) RETURNS TABLE (workspace_id uuid, id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT c.workspace_id, c.id FROM challenge c
  WHERE c.status = 'pending' AND c.expires_at < clock_timestamp() - interval '250 milliseconds'
  ORDER BY c.expires_at LIMIT p_limit
$$;

-- Credentials with a pending challenge and an unclaimed code that would do for it.
CREATE FUNCTION claimable_credentials(p_limit integer) RETURNS TABLE (workspace_id uuid, credential_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT DISTINCT c.workspace_id, c.credential_id
  FROM challenge AS c
  CROSS JOIN LATERAL (
    SELECT FROM received_code AS r
    WHERE r.workspace_id = c.workspace_id AND r.credential_id = c.credential_id AND r.received_at >= c.since
      AND r.channel IN ('email', 'sms') AND r.challenge_id IS NULL AND r.first_read_at IS NULL AND r.wiped_at IS NULL
      AND r.fresh_until > clock_timestamp()
      AND (CASE WHEN r.kind = 'link' THEN 'magic_link' ELSE r.channel::text END)::factor = ANY (c.factors)
    LIMIT 1) AS fitting
  WHERE c.status = 'pending' AND c.expires_at > clock_timestamp() AND c.credential_id IS NOT NULL
  LIMIT p_limit
$$;

-- Pending challenges whose human has answered: the vault has kept it, and whoever was to resolve the challenge with it has not come back
-- within the seconds that this may take.
CREATE FUNCTION answered_challenges(p_limit integer) RETURNS TABLE (workspace_id uuid, id uuid, received_code_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT c.workspace_id, c.id, r.id
  FROM challenge AS c
  JOIN received_code AS r ON r.challenge_id = c.id AND r.workspace_id = c.workspace_id
  WHERE c.status = 'pending' AND c.expires_at > clock_timestamp() AND r.channel = 'user'
    AND r.claimed_at < clock_timestamp() - interval '3 seconds' AND r.wiped_at IS NULL
  LIMIT p_limit
$$;

-- Pending challenges that an authenticator should have answered by now, or will when a window opens.
CREATE FUNCTION challenges_waiting_for_windows(p_limit integer) RETURNS TABLE (workspace_id uuid, id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT c.workspace_id, c.id FROM challenge c
  WHERE c.status = 'pending' AND 'authenticator' = ANY (c.factors) AND c.expires_at > clock_timestamp()
    AND c.created_at < clock_timestamp() - interval '5 seconds'
  ORDER BY c.id LIMIT p_limit
$$;

-- What is to be sent to people.
CREATE FUNCTION due_forwarding_jobs(p_now timestamptz, p_limit integer) RETURNS TABLE (workspace_id uuid, id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT j.workspace_id, j.id FROM forwarding_job j
  WHERE j.state = 'pending' AND j.next_attempt_at <= p_now AND (j.leased_until IS NULL OR j.leased_until <= p_now)
  ORDER BY j.next_attempt_at LIMIT p_limit
$$;

-- Deletes what was sent to people, or given up, before a time; returns how many. p_before_id is the least UUIDv7 of that time: ids are in
-- the order of their time, so the primary key finds the old ones.
CREATE FUNCTION forget_forwardings(p_before_id uuid, p_before timestamptz, p_limit integer) RETURNS bigint
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  WITH forgotten AS (
    DELETE FROM forwarding_job WHERE id IN (
      SELECT j.id FROM forwarding_job j WHERE j.id < p_before_id AND j.created_at < p_before AND j.state <> 'pending'
      ORDER BY j.id LIMIT p_limit FOR UPDATE SKIP LOCKED)
    RETURNING id
  )
  SELECT count(*) FROM forgotten
$$;

REVOKE ALL ON FUNCTION messages_to_deposit, workspaces_with_unsent_events, due_endpoints, overdue_challenges, claimable_credentials,
  answered_challenges, challenges_waiting_for_windows, due_forwarding_jobs, forget_forwardings FROM PUBLIC;
GRANT EXECUTE ON FUNCTION messages_to_deposit TO otpost_ingestor;
GRANT EXECUTE ON FUNCTION workspaces_with_unsent_events, due_endpoints, overdue_challenges, claimable_credentials, answered_challenges,
  challenges_waiting_for_windows, due_forwarding_jobs, forget_forwardings TO otpost_dispatcher;
