-- Live sources: how each stands, what it is asked with the next time, its raw answers; and what others push to us.

CREATE TABLE source (
  name text PRIMARY KEY,
  outcome text CHECK (outcome IN ('kept', 'unchanged', 'skipped', 'failed')),
  reason text NOT NULL DEFAULT '',
  scan_at timestamptz,               -- a scan that began then goes on in another turn
  last_scan_at timestamptz,          -- when it was asked the last time
  last_kept_at timestamptz,          -- when something new came the last time
  newest_known_at timestamptz,       -- the newest time that its rows state: of publication, else of observation
  found bigint NOT NULL DEFAULT 0,
  kept bigint NOT NULL DEFAULT 0,
  repeated bigint NOT NULL DEFAULT 0,
  quarantined bigint NOT NULL DEFAULT 0,
  empty_scans integer NOT NULL DEFAULT 0,   -- in a row
  stale_scans integer NOT NULL DEFAULT 0,   -- in a row: it answered, and newest_known_at did not move
  quota_on date,
  quota_used integer NOT NULL DEFAULT 0,
  scan_units integer NOT NULL DEFAULT 0,    -- what its last scan took of the quota
  not_before timestamptz
);

CREATE TABLE source_slot (
  source text NOT NULL REFERENCES source (name),
  slot text NOT NULL,
  etag text,
  last_modified text,
  sha256 text,                       -- of the first page's body
  cursor jsonb NOT NULL DEFAULT '{}',
  asked_at timestamptz,
  PRIMARY KEY (source, slot)
);

CREATE TABLE payload (               -- raw answers, redacted, gzip; kept for some days
  id uuid PRIMARY KEY,
  source text NOT NULL,
  slot text NOT NULL,
  file_id uuid NOT NULL REFERENCES intake_file (id),
  body bytea NOT NULL,
  fetched_at timestamptz NOT NULL
);
CREATE INDEX payload_file ON payload (file_id);
CREATE INDEX payload_fetched_at ON payload (fetched_at);

CREATE TABLE webhook_delivery (
  tenant_id text NOT NULL REFERENCES tenant (id),
  delivery text NOT NULL,
  signature text NOT NULL,           -- a captured request does not become another one by another delivery id
  answer jsonb NOT NULL,
  received_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, delivery),
  UNIQUE (tenant_id, signature)
);
ALTER TABLE webhook_delivery ENABLE ROW LEVEL SECURITY;
ALTER TABLE webhook_delivery FORCE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON webhook_delivery USING (tenant_id = current_setting('bellwether.tenant'))
  WITH CHECK (tenant_id = current_setting('bellwether.tenant'));

GRANT SELECT, INSERT, UPDATE, DELETE ON source, source_slot, payload, webhook_delivery TO bellwether_app;
