-- Runs of the graphs as people look at them: one row a thread, one a node that ran in it. Telemetry: written beside the
-- work in batches, never waited for; what the work itself says stands in its own tables. `change` grows with every
-- change of a row, so that whoever follows a thread, from any process, asks for what is newer than what they have.

CREATE SEQUENCE span_change;
GRANT USAGE ON SEQUENCE span_change TO bellwether_app;

CREATE TABLE thread (
  tenant_id text NOT NULL REFERENCES tenant (id),
  id uuid NOT NULL,                -- the checkpointer's thread_id
  graph text NOT NULL,             -- 'analyze', 'discover', ...
  subject text NOT NULL,           -- 'idea:<id>:<revision>', 'run:<id>'
  title text NOT NULL DEFAULT '',
  status text NOT NULL CHECK (status IN ('running', 'waiting', 'finished', 'failed')),
  error text NOT NULL DEFAULT '',
  started_at timestamptz NOT NULL,
  last_at timestamptz NOT NULL,    -- the last sign of life of a thread that runs
  change bigint NOT NULL DEFAULT nextval('span_change'),
  PRIMARY KEY (tenant_id, id)
);
CREATE INDEX thread_last ON thread (tenant_id, last_at DESC, id);
CREATE INDEX thread_status ON thread (tenant_id, status, last_at DESC, id);

CREATE TABLE span (
  tenant_id text NOT NULL,
  thread_id uuid NOT NULL,
  id uuid NOT NULL,
  node text NOT NULL,
  outcome text NOT NULL CHECK (outcome IN ('running', 'done', 'failed', 'waiting')),
  error text NOT NULL DEFAULT '',
  began_at timestamptz NOT NULL,
  ended_at timestamptz,
  input_tokens integer NOT NULL DEFAULT 0,
  output_tokens integer NOT NULL DEFAULT 0,
  cost_micro_usd bigint NOT NULL DEFAULT 0,
  model text,
  change bigint NOT NULL DEFAULT nextval('span_change'),
  PRIMARY KEY (tenant_id, thread_id, id),
  FOREIGN KEY (tenant_id, thread_id) REFERENCES thread (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX span_began ON span (tenant_id, began_at);

DO $$
DECLARE
  owned text;
BEGIN
  FOREACH owned IN ARRAY ARRAY['thread', 'span']
  LOOP
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO bellwether_app', owned);
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', owned);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', owned);
    EXECUTE format('CREATE POLICY own_rows ON %I USING (tenant_id = current_setting(''bellwether.tenant'')) '
      'WITH CHECK (tenant_id = current_setting(''bellwether.tenant''))', owned);
  END LOOP;
END $$;
