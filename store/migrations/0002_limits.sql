-- Limits of providers, where Redis is away: one row an allowance, its state as store/window.py reads and writes it.
-- Unlogged: after a crash of the server it starts anew, as Redis does.

CREATE UNLOGGED TABLE provider_limit (
  name text PRIMARY KEY,           -- server, model and a hash of the key
  state jsonb NOT NULL,
  used_at timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT, INSERT, UPDATE, DELETE ON provider_limit TO bellwether_app;
