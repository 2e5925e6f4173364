-- Jobs: procrastinate's own tables come from its own files (store/jobs.py); here is which of them were applied, and what
-- ends as a dead letter: enough of a job to run it again, however long ago its row was cleaned away.

CREATE TABLE job_migration (       -- procrastinate's migrations, by name
  name text PRIMARY KEY,
  recorded_at timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT ON job_migration TO bellwether_app;

CREATE TABLE dead_letter (
  tenant_id text NOT NULL REFERENCES tenant (id),
  job_id bigint NOT NULL,
  queue text NOT NULL,
  task text NOT NULL,
  priority integer NOT NULL,
  lock text,
  queueing_lock text,
  args jsonb NOT NULL,
  error text NOT NULL,             -- one line, redacted
  digest text NOT NULL,            -- of the places in the traceback: equal ones are one fault
  at timestamptz NOT NULL DEFAULT now(),
  retried_at timestamptz,
  PRIMARY KEY (tenant_id, job_id)
);
CREATE INDEX dead_letter_open ON dead_letter (tenant_id, at) WHERE retried_at IS NULL;
GRANT SELECT, INSERT, UPDATE, DELETE ON dead_letter TO bellwether_app;
ALTER TABLE dead_letter ENABLE ROW LEVEL SECURITY;
ALTER TABLE dead_letter FORCE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON dead_letter USING (tenant_id = current_setting('bellwether.tenant'))
  WITH CHECK (tenant_id = current_setting('bellwether.tenant'));
