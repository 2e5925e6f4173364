-- Track records: how right each specialist was over a window of calls, as it was computed at a moment. Append-only:
-- what the coordinator was told stays readable. What the newest row says already is not written again.

CREATE TABLE track_record (
  tenant_id text NOT NULL REFERENCES tenant (id),
  agent text NOT NULL,
  against text NOT NULL CHECK (against IN ('trend', 'sales')),
  first_at timestamptz NOT NULL,   -- the window: moments of the first and the last call
  last_at timestamptz NOT NULL,
  digest text NOT NULL,            -- of all that the row says
  judged integer NOT NULL CHECK (judged > 0),
  came double precision NOT NULL CHECK (came BETWEEN 0 AND 1),
  brier double precision NOT NULL CHECK (brier BETWEEN 0 AND 1),
  base_brier double precision NOT NULL CHECK (base_brier BETWEEN 0 AND 1),
  log_loss double precision NOT NULL CHECK (log_loss >= 0),
  base_log_loss double precision NOT NULL CHECK (base_log_loss >= 0),
  curve jsonb NOT NULL,
  effect jsonb NOT NULL,
  drift jsonb NOT NULL,
  told text NOT NULL,              -- the line for people and the coordinator; empty where too few calls
  known_at timestamptz NOT NULL,   -- when it was computed: what --as-of filters on
  recorded_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, agent, against, known_at, digest),
  CHECK (first_at <= last_at)
);
CREATE TRIGGER track_record_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON track_record
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

GRANT SELECT, INSERT ON track_record TO bellwether_app;
ALTER TABLE track_record ENABLE ROW LEVEL SECURITY;
ALTER TABLE track_record FORCE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON track_record USING (tenant_id = current_setting('bellwether.tenant'))
  WITH CHECK (tenant_id = current_setting('bellwether.tenant'));
