-- Run after procrastinate's own files, as often as any of them is applied: closes its tables to other tenants, and lets
-- fetching a job cost the same however many wait or ever ran (docs/decisions/0010-jobs-on-procrastinate.md).

DO $$
DECLARE
  theirs text;
BEGIN
  FOR theirs IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename LIKE 'procrastinate\_%'
    AND tablename NOT IN (SELECT tablename FROM pg_policies WHERE policyname = 'own_rows')
  LOOP
    EXECUTE format('ALTER TABLE %I ADD COLUMN tenant_id text NOT NULL', theirs);
    EXECUTE format('ALTER TABLE %I ALTER COLUMN tenant_id SET DEFAULT current_setting(''bellwether.tenant'')', theirs);
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', theirs);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', theirs);
    EXECUTE format('CREATE POLICY own_rows ON %I USING (tenant_id = current_setting(''bellwether.tenant'')) '
      'WITH CHECK (tenant_id = current_setting(''bellwether.tenant''))', theirs);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO bellwether_app', theirs);
  END LOOP;
  FOR theirs IN SELECT sequencename FROM pg_sequences WHERE schemaname = 'public'
    AND sequencename LIKE 'procrastinate\_%'
  LOOP
    EXECUTE format('GRANT USAGE, SELECT ON SEQUENCE %I TO bellwether_app', theirs);
  END LOOP;
  FOR theirs IN SELECT oid::regprocedure FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    AND proname LIKE 'procrastinate\_%'
  LOOP
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO bellwether_app', theirs);
  END LOOP;
END $$;

-- The oldest of the first in rank, from the index that has them in order. Left to itself the planner, on a table that was
-- never analysed, reads and sorts all that wait, and with them every dead entry of what was waiting once.
DO $$
DECLARE
  theirs text;
BEGIN
  FOR theirs IN SELECT oid::regprocedure FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    AND proname LIKE 'procrastinate\_fetch\_job%'
  LOOP
    EXECUTE format('ALTER FUNCTION %s SET enable_sort = off SET enable_bitmapscan = off SET enable_seqscan = off', theirs);
  END LOOP;
END $$;

-- A job's row is written three times within seconds: vacuum after a few thousand, not after a fifth of all history.
ALTER TABLE procrastinate_jobs SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
  autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 20000);

CREATE INDEX IF NOT EXISTS bellwether_jobs_failed ON procrastinate_jobs (id) WHERE status = 'failed';
CREATE INDEX IF NOT EXISTS bellwether_events_at ON procrastinate_events USING brin (at);
