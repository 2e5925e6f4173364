-- Outcomes: what became of listings, and of the arms of experiments. A row of `metric` is one count or amount of one
-- window (or moment) as somebody stated it; stated anew, the newer statement is in force and the older one stays.

CREATE TABLE experiment (          -- a test of a few wordings or pictures by e-mail or small advertisements
  tenant_id text NOT NULL REFERENCES tenant (id),
  id uuid NOT NULL,
  key text NOT NULL,               -- of what it asks: the same again is the same experiment
  name text NOT NULL,
  idea_id uuid,
  kind text NOT NULL CHECK (kind IN ('email', 'ads', 'listing')),
  outcome text NOT NULL,           -- what counts as a success, and of what: 'clicks/impressions'
  least_lift double precision NOT NULL CHECK (least_lift > 0),
  status text NOT NULL CHECK (status IN ('running', 'over')),
  why text NOT NULL DEFAULT '',    -- it is over
  actor text NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT now(),
  ended_at timestamptz,
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, key),
  FOREIGN KEY (tenant_id, idea_id) REFERENCES idea (tenant_id, id),
  CHECK ((status = 'over') = (ended_at IS NOT NULL))
);

CREATE TABLE arm (
  tenant_id text NOT NULL,
  id uuid NOT NULL,
  experiment_id uuid NOT NULL,
  name text NOT NULL,
  is_control boolean NOT NULL,
  listing_id uuid,
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, experiment_id, name),
  FOREIGN KEY (tenant_id, experiment_id) REFERENCES experiment (tenant_id, id),
  FOREIGN KEY (tenant_id, listing_id) REFERENCES listing (tenant_id, id)
);
CREATE UNIQUE INDEX arm_control ON arm (tenant_id, experiment_id) WHERE is_control;

CREATE TABLE delivery (            -- what was brought at one time, by its content: the same again is read once
  tenant_id text NOT NULL REFERENCES tenant (id),
  id uuid NOT NULL,
  digest text NOT NULL,
  source text NOT NULL,            -- who counted: 'etsy', 'ads', a file's name
  rows integer NOT NULL,
  stored integer NOT NULL,         -- metrics that say something new
  restated integer NOT NULL,       -- of those, what stood otherwise
  repeated integer NOT NULL,       -- metrics that stood already
  refused integer NOT NULL,        -- rows
  actor text NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, source, digest)
);
CREATE INDEX delivery_recorded ON delivery (tenant_id, recorded_at, id);

CREATE TABLE metric (
  tenant_id text NOT NULL,
  id uuid NOT NULL,
  listing_id uuid,
  arm_id uuid,
  subject_id uuid GENERATED ALWAYS AS (coalesce(listing_id, arm_id)) STORED,
  variant text NOT NULL DEFAULT '',
  source text NOT NULL,
  name text NOT NULL,
  from_at timestamptz NOT NULL,
  to_at timestamptz NOT NULL,
  reference text NOT NULL DEFAULT '',
  amount bigint NOT NULL CHECK (amount >= 0),
  currency text NOT NULL DEFAULT '',
  stated_at timestamptz NOT NULL,
  confirmed_at timestamptz NOT NULL,     -- when the same was stated last
  superseded boolean NOT NULL DEFAULT false,
  delivery_id uuid NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, subject_id, name, source, variant, reference, from_at, to_at, stated_at),
  FOREIGN KEY (tenant_id, listing_id) REFERENCES listing (tenant_id, id),
  FOREIGN KEY (tenant_id, arm_id) REFERENCES arm (tenant_id, id),
  FOREIGN KEY (tenant_id, delivery_id) REFERENCES delivery (tenant_id, id),
  CHECK (num_nonnulls(listing_id, arm_id) = 1),
  CHECK (to_at >= from_at),
  CHECK (confirmed_at >= stated_at)
);
CREATE UNIQUE INDEX metric_in_force ON metric (tenant_id, subject_id, name, source, variant, reference, from_at, to_at)
  WHERE NOT superseded;
CREATE INDEX metric_recorded ON metric (tenant_id, recorded_at);

CREATE TABLE metric_refused (
  tenant_id text NOT NULL,
  delivery_id uuid NOT NULL,
  row_no integer NOT NULL,
  reason text NOT NULL,
  excerpt text NOT NULL,           -- at most 200 characters
  PRIMARY KEY (tenant_id, delivery_id, row_no),
  FOREIGN KEY (tenant_id, delivery_id) REFERENCES delivery (tenant_id, id)
);

DO $$
DECLARE
  owned text;
BEGIN
  FOREACH owned IN ARRAY ARRAY['experiment', 'arm', 'delivery', 'metric', 'metric_refused']
  LOOP
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO bellwether_app', owned);
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', owned);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', owned);
    EXECUTE format('CREATE POLICY own_rows ON %I USING (tenant_id = current_setting(''bellwether.tenant'')) '
      'WITH CHECK (tenant_id = current_setting(''bellwether.tenant''))', owned);
  END LOOP;
END $$;
