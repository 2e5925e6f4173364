-- Signals as people look at them: the newest first, of one source, of one community; and the ideas that one points at.

CREATE INDEX signal_recorded ON signal (recorded_at, id);
CREATE INDEX signal_of_source ON signal (source, recorded_at, id);
CREATE INDEX signal_of_community ON signal (community, recorded_at, id) WHERE community IS NOT NULL;
CREATE INDEX idea_signal_signal ON idea_signal (tenant_id, signal_id);

-- What is read again: raw answers with what was asked, and whose a file is: what a tenant brought, it alone sees row by row.

ALTER TABLE payload ADD COLUMN asked jsonb;   -- path, query without keys, page, cursor; null: kept before this was

CREATE TABLE brought_file (
  tenant_id text NOT NULL REFERENCES tenant (id),
  file_id uuid NOT NULL REFERENCES intake_file (id) ON DELETE CASCADE,
  recorded_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, file_id)
);
ALTER TABLE brought_file ENABLE ROW LEVEL SECURITY;
ALTER TABLE brought_file FORCE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON brought_file USING (tenant_id = current_setting('bellwether.tenant'))
  WITH CHECK (tenant_id = current_setting('bellwether.tenant'));
GRANT SELECT, INSERT, UPDATE, DELETE ON brought_file TO bellwether_app;

DO $$
DECLARE
  one text;
BEGIN
  FOR one IN SELECT id FROM tenant LOOP   -- files whose reference rows are a tenant's; the others were the first one's
    PERFORM set_config('bellwether.tenant', one, true);
    INSERT INTO brought_file (tenant_id, file_id)
    SELECT one, f.id FROM intake_file f
    WHERE EXISTS (SELECT FROM reference r WHERE r.tenant_id = one AND r.file_id = f.id)
      OR (one = 'default' AND f.outcome = 'signals' AND NOT EXISTS (
        SELECT FROM source s WHERE starts_with(f.format, s.name || '/')));
  END LOOP;
END $$;
