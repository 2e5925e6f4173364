-- What providers allow where Redis is away, and reservations of spend that expire.

CREATE UNLOGGED TABLE provider_limit (   -- state as store/window.py reads it; lost in a crash of the server, as in Redis
  name text PRIMARY KEY,           -- server, model and a hash of the key
  state jsonb NOT NULL,
  used_at timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT, INSERT, UPDATE, DELETE ON provider_limit TO bellwether_app;

CREATE TABLE spend_hold (          -- what calls under way may cost at most; a killed process's is given back when it expires
  tenant_id text NOT NULL REFERENCES tenant (id),
  id uuid NOT NULL,
  scopes text[] NOT NULL,          -- the rows of spend it is reserved in
  micro_usd bigint NOT NULL,
  tokens bigint NOT NULL,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, id)
);
ALTER TABLE spend_hold ENABLE ROW LEVEL SECURITY;
ALTER TABLE spend_hold FORCE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON spend_hold USING (tenant_id = current_setting('bellwether.tenant'))
  WITH CHECK (tenant_id = current_setting('bellwether.tenant'));
GRANT SELECT, INSERT, UPDATE, DELETE ON spend_hold TO bellwether_app;
