-- Keywords: what is rising, for the scans to prefer. One row a life: a keyword that expired and comes back begins anew, and
-- the row of its former life still says what it announced.

CREATE TABLE keyword (
  tenant_id text NOT NULL REFERENCES tenant (id),
  key text NOT NULL,               -- the stem key that ideas have: keyword.key = idea.key
  phrase text NOT NULL,
  category text NOT NULL,
  strength double precision NOT NULL CHECK (strength BETWEEN 0 AND 1),
  uses integer NOT NULL CHECK (uses >= 0),
  products text[] NOT NULL DEFAULT '{}',
  urls text[] NOT NULL DEFAULT '{}',
  found_by text NOT NULL CHECK (found_by IN ('mined', 'web', 'person')),
  first_seen_at timestamptz NOT NULL,   -- never moves
  last_seen_at timestamptz NOT NULL,
  expires_at timestamptz,          -- null: a person's, for as long as they want it
  recorded_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, key, first_seen_at),
  CHECK (first_seen_at <= last_seen_at AND (expires_at IS NULL OR expires_at >= first_seen_at)),
  CHECK (expires_at IS NOT NULL OR found_by = 'person')
);

CREATE TABLE keyword_search (      -- web discovery: asked once a slot of six hours, whoever comes first
  tenant_id text NOT NULL REFERENCES tenant (id),
  slot timestamptz NOT NULL,
  audiences text[] NOT NULL,       -- what was asked: who goes on after a kill asks the same, which is already answered
  outcome text NOT NULL DEFAULT 'asked' CHECK (outcome IN ('asked', 'found', 'failed')),
  found integer NOT NULL DEFAULT 0,
  left_out jsonb NOT NULL DEFAULT '{}',
  reason text NOT NULL DEFAULT '',
  recorded_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, slot)
);

DO $$
DECLARE
  owned text;
BEGIN
  GRANT SELECT, INSERT, UPDATE, DELETE ON keyword, keyword_search TO bellwether_app;
  FOREACH owned IN ARRAY ARRAY['keyword', 'keyword_search']
  LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', owned);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', owned);
    EXECUTE format('CREATE POLICY own_rows ON %I USING (tenant_id = current_setting(''bellwether.tenant'')) '
      'WITH CHECK (tenant_id = current_setting(''bellwether.tenant''))', owned);
  END LOOP;
END $$;
