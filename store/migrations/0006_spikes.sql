-- Spikes: phrases that of a sudden had more voices than their past explains, each told once; what is no subject is kept
-- with the reason.

CREATE TABLE spike (
  tenant_id text NOT NULL REFERENCES tenant (id),
  key text NOT NULL,               -- the stem key that ideas have: spike.key = idea.key
  onset_at timestamptz NOT NULL,
  phrase text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('subject', 'licensed', 'person', 'news', 'generic', 'unknown')),
  kind_reason text NOT NULL,
  ratio double precision NOT NULL CHECK (ratio >= 0),   -- voices over those that were to be expected
  voices integer NOT NULL,
  authors integer NOT NULL,
  sources text[] NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, key, onset_at)
);
CREATE INDEX spike_recorded_at ON spike (tenant_id, recorded_at);
CREATE INDEX spike_onset_at ON spike (tenant_id, onset_at);

GRANT SELECT, INSERT, UPDATE, DELETE ON spike TO bellwether_app;
ALTER TABLE spike ENABLE ROW LEVEL SECURITY;
ALTER TABLE spike FORCE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON spike USING (tenant_id = current_setting('bellwether.tenant'))
  WITH CHECK (tenant_id = current_setting('bellwether.tenant'));
