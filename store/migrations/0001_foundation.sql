-- The ground: shared tables hold what anybody may know, tenant tables carry tenant_id and row-level security.
-- Time is UTC timestamptz; known_at is when a thing was known (what --as-of filters on), recorded_at when we wrote it.
-- Money is integer minor units with a currency; what models cost is micro-USD.

CREATE TABLE tenant (
  id text PRIMARY KEY CHECK (id ~ '^[a-z0-9][a-z0-9_-]{0,62}$'),
  recorded_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO tenant (id) VALUES ('default');

-- Shared: files and what was read from them ---------------------------------------------------------------------------

CREATE TABLE intake_file (
  id uuid PRIMARY KEY,
  sha256 text NOT NULL UNIQUE,
  name text NOT NULL,
  format text,
  outcome text NOT NULL CHECK (outcome IN ('signals', 'reference', 'empty', 'refused')),
  reason text,
  rows_read integer NOT NULL DEFAULT 0,
  stored integer NOT NULL DEFAULT 0,
  repeated integer NOT NULL DEFAULT 0,
  quarantined integer NOT NULL DEFAULT 0,
  known_at timestamptz,
  recorded_at timestamptz NOT NULL DEFAULT now(),
  CHECK (rows_read = stored + repeated + quarantined)
);

CREATE TABLE signal (
  id uuid PRIMARY KEY,
  source text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('item', 'term')),
  native_id text,
  text text NOT NULL,
  url text,
  author_hash text,
  community text,
  category text,
  tags text[] NOT NULL DEFAULT '{}',
  locale text,
  published_at timestamptz,
  first_known_at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX signal_first_known_at ON signal (first_known_at);

CREATE TABLE observation (
  signal_id uuid NOT NULL REFERENCES signal (id),
  known_at timestamptz NOT NULL,
  text text,                       -- only where it differs from the signal's: a title that was changed
  metrics jsonb NOT NULL DEFAULT '{}',
  file_id uuid REFERENCES intake_file (id),
  row_no integer,
  recorded_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (signal_id, known_at)
);
CREATE INDEX observation_known_at ON observation (known_at);

CREATE TABLE quarantine (
  file_id uuid NOT NULL REFERENCES intake_file (id),
  row_no integer NOT NULL,
  reason text NOT NULL,
  excerpt text NOT NULL,           -- redacted, at most 200 characters
  recorded_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (file_id, row_no)
);

-- Tenant-owned ---------------------------------------------------------------------------------------------------------

CREATE TABLE reference (           -- comparables, cost tables, fee schedules, calendars a tenant brought
  tenant_id text NOT NULL REFERENCES tenant (id),
  id uuid NOT NULL,                -- UUIDv5 of (kind, content): the same row twice is one row
  kind text NOT NULL,
  body jsonb NOT NULL,
  known_at timestamptz NOT NULL,
  file_id uuid REFERENCES intake_file (id),
  row_no integer,
  recorded_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, id)
);
CREATE INDEX reference_kind ON reference (tenant_id, kind, known_at);

CREATE TABLE weights (             -- of the five-term score; the newest known_at <= as_of is in force
  tenant_id text NOT NULL REFERENCES tenant (id),
  version integer NOT NULL,
  freshness double precision NOT NULL CHECK (freshness >= 0),
  engagement double precision NOT NULL CHECK (engagement >= 0),
  novelty double precision NOT NULL CHECK (novelty >= 0),
  community_fit double precision NOT NULL CHECK (community_fit >= 0),
  seasonality double precision NOT NULL CHECK (seasonality >= 0),
  reason text NOT NULL,
  known_at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, version)
);

CREATE TABLE run (
  tenant_id text NOT NULL REFERENCES tenant (id),
  id uuid NOT NULL,
  as_of timestamptz NOT NULL,
  status text NOT NULL CHECK (status IN ('running', 'finished', 'failed')),
  counts jsonb NOT NULL DEFAULT '{}',
  started_at timestamptz NOT NULL DEFAULT now(),
  finished_at timestamptz,
  PRIMARY KEY (tenant_id, id)
);

CREATE TABLE idea (
  tenant_id text NOT NULL REFERENCES tenant (id),
  id uuid NOT NULL,
  key text NOT NULL,
  phrase text NOT NULL,
  audience text NOT NULL,
  occasion jsonb,
  kind text NOT NULL CHECK (kind IN ('subject', 'licensed', 'person', 'news', 'generic', 'unknown')),
  kind_reason text NOT NULL,
  kind_by text NOT NULL DEFAULT 'rule' CHECK (kind_by IN ('rule', 'model')),
  product_format text NOT NULL,
  status text NOT NULL DEFAULT 'discovered' CHECK (status IN ('discovered', 'analysing', 'pending_review', 'approved',
    'rejected', 'designed', 'listed', 'live', 'archived')),
  revision integer NOT NULL DEFAULT 1,
  merged_into uuid,
  as_of timestamptz NOT NULL,      -- of the run that last looked at it
  recorded_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, key),
  FOREIGN KEY (tenant_id, merged_into) REFERENCES idea (tenant_id, id)
);
CREATE INDEX idea_status ON idea (tenant_id, status, recorded_at);

CREATE TABLE idea_signal (
  tenant_id text NOT NULL,
  idea_id uuid NOT NULL,
  signal_id uuid NOT NULL REFERENCES signal (id),
  PRIMARY KEY (tenant_id, idea_id, signal_id),
  FOREIGN KEY (tenant_id, idea_id) REFERENCES idea (tenant_id, id)
);

CREATE TABLE score (
  tenant_id text NOT NULL,
  idea_id uuid NOT NULL,
  as_of timestamptz NOT NULL,
  weights_version integer NOT NULL,
  total double precision NOT NULL CHECK (total BETWEEN 0 AND 1),
  terms jsonb NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, idea_id, as_of, weights_version),
  FOREIGN KEY (tenant_id, idea_id) REFERENCES idea (tenant_id, id)
);

CREATE TABLE candidate (           -- the shortlist's log: who could have been chosen, with what propensity, by which ranking
  tenant_id text NOT NULL,
  run_id uuid NOT NULL,
  idea_id uuid NOT NULL,
  rank integer NOT NULL,
  propensity double precision NOT NULL CHECK (propensity > 0 AND propensity <= 1),
  chosen boolean NOT NULL,
  explored boolean NOT NULL DEFAULT false,
  ranked_by text NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, run_id, idea_id),
  FOREIGN KEY (tenant_id, run_id) REFERENCES run (tenant_id, id),
  FOREIGN KEY (tenant_id, idea_id) REFERENCES idea (tenant_id, id)
);

CREATE TABLE fact (
  tenant_id text NOT NULL,
  idea_id uuid NOT NULL,
  revision integer NOT NULL,
  id text NOT NULL,
  agent text NOT NULL,
  label text NOT NULL,
  value jsonb NOT NULL,
  unit text NOT NULL,
  source text NOT NULL,
  known_at timestamptz NOT NULL,
  rows text[] NOT NULL DEFAULT '{}',
  row_count integer NOT NULL DEFAULT 0,
  recorded_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, idea_id, revision, id),
  FOREIGN KEY (tenant_id, idea_id) REFERENCES idea (tenant_id, id)
);

CREATE TABLE finding (
  tenant_id text NOT NULL,
  idea_id uuid NOT NULL,
  revision integer NOT NULL,
  agent text NOT NULL,
  outcome text NOT NULL CHECK (outcome IN ('opinion', 'abstained', 'failed', 'ungrounded')),
  judged_by text NOT NULL CHECK (judged_by IN ('model', 'rule', 'nobody')),
  report jsonb,
  reason text NOT NULL DEFAULT '',
  model text,
  prompt_hash text,
  seed bigint,
  fact_ids text[] NOT NULL DEFAULT '{}',
  input_tokens integer NOT NULL DEFAULT 0,
  output_tokens integer NOT NULL DEFAULT 0,
  cost_micro_usd bigint NOT NULL DEFAULT 0,
  recorded_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, idea_id, revision, agent),
  FOREIGN KEY (tenant_id, idea_id) REFERENCES idea (tenant_id, id)
);

CREATE TABLE decision (
  tenant_id text NOT NULL,
  idea_id uuid NOT NULL,
  revision integer NOT NULL,
  as_of timestamptz NOT NULL,      -- the moment it was judged as of: a newer one asks for a new revision
  verdict text NOT NULL CHECK (verdict IN ('approve', 'review', 'reject')),
  advice text CHECK (advice IN ('approve', 'review', 'reject')),
  ceiling text NOT NULL CHECK (ceiling IN ('approve', 'review', 'reject')),
  reasons jsonb NOT NULL,
  steps jsonb NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, idea_id, revision),
  FOREIGN KEY (tenant_id, idea_id) REFERENCES idea (tenant_id, id)
);

CREATE TABLE review (
  tenant_id text NOT NULL,
  id uuid NOT NULL,
  idea_id uuid NOT NULL,
  revision integer NOT NULL,
  answer text NOT NULL CHECK (answer IN ('approve', 'reject', 'edit', 'respond', 'ignore')),
  actor text NOT NULL,
  reason text,
  edits jsonb,
  decided_at timestamptz NOT NULL DEFAULT now(),
  undo_until timestamptz NOT NULL,
  undone_at timestamptz,
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, idea_id) REFERENCES idea (tenant_id, id),
  CHECK (answer <> 'reject' OR coalesce(reason, '') <> '')
);
CREATE UNIQUE INDEX review_one_standing ON review (tenant_id, idea_id, revision)
  WHERE undone_at IS NULL AND answer <> 'respond';   -- a note sends back, it decides nothing

CREATE TABLE event (               -- append-only: each change of status, in the transaction that made it
  tenant_id text NOT NULL REFERENCES tenant (id),
  id uuid NOT NULL,
  subject text NOT NULL,           -- 'idea', 'run', 'weights', ...
  subject_id text NOT NULL,
  from_status text,
  to_status text NOT NULL,
  actor text NOT NULL,
  reason text NOT NULL DEFAULT '',
  versions jsonb NOT NULL DEFAULT '{}',
  recorded_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, id)
);
CREATE INDEX event_subject ON event (tenant_id, subject, subject_id, recorded_at);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the % table is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON event
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE model_call (          -- every paid answer, by the hash of all that it depends on
  tenant_id text NOT NULL REFERENCES tenant (id),
  key text NOT NULL,
  provider text NOT NULL,
  model text NOT NULL,
  answer text NOT NULL,
  input_tokens integer NOT NULL,
  output_tokens integer NOT NULL,
  cost_micro_usd bigint NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, key)
);

CREATE TABLE spend (               -- money and tokens against a ceiling; reserved before a call, settled after it
  tenant_id text NOT NULL REFERENCES tenant (id),
  scope text NOT NULL,             -- 'day:2026-11-21', 'run:<uuid>'
  reserved_micro_usd bigint NOT NULL DEFAULT 0,
  spent_micro_usd bigint NOT NULL DEFAULT 0,
  tokens bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (tenant_id, scope)
);

-- Row-level security: the application connects as bellwether_app, which owns nothing and cannot bypass it ---------------
-- (The role belongs to the cluster, not to this database: store/migrate.py makes it.)

DO $$
DECLARE
  owned text;
BEGIN
  GRANT USAGE, CREATE ON SCHEMA public TO bellwether_app;   -- CREATE: the checkpointer makes its own tables
  GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO bellwether_app;
  REVOKE INSERT, UPDATE, DELETE ON tenant FROM bellwether_app;
  REVOKE UPDATE, DELETE ON event FROM bellwether_app;
  FOREACH owned IN ARRAY ARRAY['reference', 'weights', 'run', 'idea', 'idea_signal', 'score', 'candidate', 'fact',
    'finding', 'decision', 'review', 'event', 'model_call', 'spend']
  LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', owned);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', owned);
    EXECUTE format('CREATE POLICY own_rows ON %I USING (tenant_id = current_setting(''bellwether.tenant'')) '
      'WITH CHECK (tenant_id = current_setting(''bellwether.tenant''))', owned);
  END LOOP;
END $$;

SELECT set_config('bellwether.tenant', 'default', true);
INSERT INTO weights (tenant_id, version, freshness, engagement, novelty, community_fit, seasonality, reason, known_at)
VALUES ('default', 1, 0.20, 0.20, 0.15, 0.30, 0.15,
  'set by hand: what is distinctive of a community sells, so its fit leads', '2000-01-01T00:00:00Z');
