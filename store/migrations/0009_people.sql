-- People: who may come in by which key, the tokens their keys were exchanged for, what they asked of the doors, and
-- answers kept so that a request that comes twice is done once. Keys and tokens are kept as SHA-256 of 256 random bits.

CREATE TABLE member (
  tenant_id text NOT NULL REFERENCES tenant (id),
  handle text NOT NULL CHECK (handle ~ '^[a-z0-9][a-z0-9._-]{0,39}$'),   -- the actor of reviews, events and the audit log
  name text NOT NULL DEFAULT '',   -- as people read it; forgotten with the member, the handle is never given again
  role text NOT NULL CHECK (role IN ('creator', 'business', 'admin')),
  tier text NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT now(),
  removed_at timestamptz,
  PRIMARY KEY (tenant_id, handle)
);

CREATE TABLE api_key (
  tenant_id text NOT NULL REFERENCES tenant (id),
  id uuid NOT NULL,
  handle text NOT NULL,
  label text NOT NULL DEFAULT '',
  secret_sha256 bytea NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz,
  revoked_at timestamptz,
  used_on date,
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, handle) REFERENCES member (tenant_id, handle)
);
CREATE INDEX api_key_of_member ON api_key (tenant_id, handle);

CREATE TABLE refresh_token (       -- each is good once; one that comes a second time ends its family
  tenant_id text NOT NULL REFERENCES tenant (id),
  secret_sha256 bytea NOT NULL,
  family uuid NOT NULL,
  key_id uuid NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  used_at timestamptz,
  revoked_at timestamptz,
  PRIMARY KEY (tenant_id, secret_sha256),
  FOREIGN KEY (tenant_id, key_id) REFERENCES api_key (tenant_id, id)
);
CREATE INDEX refresh_token_family ON refresh_token (tenant_id, family);
CREATE INDEX refresh_token_key ON refresh_token (tenant_id, key_id);

CREATE TABLE audit (               -- append-only: ids, never personal data, so that forgetting a person breaks nothing
  tenant_id text NOT NULL REFERENCES tenant (id),
  id uuid NOT NULL,
  actor text NOT NULL,             -- a handle; '' for whoever could not be named
  door text NOT NULL CHECK (door IN ('api', 'console', 'cli', 'studio')),
  deed text NOT NULL,              -- 'decide', 'search', 'set weights', ...
  subject text NOT NULL DEFAULT '',
  outcome text NOT NULL CHECK (outcome IN ('done', 'refused', 'failed')),
  detail jsonb NOT NULL DEFAULT '{}',
  recorded_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, id)
);
CREATE INDEX audit_actor ON audit (tenant_id, actor, id);
CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE kept_answer (         -- what a POST with an Idempotency-Key was answered; null while it is being done
  tenant_id text NOT NULL REFERENCES tenant (id),
  actor text NOT NULL,
  key text NOT NULL,
  request_sha256 bytea NOT NULL,   -- of method, path and body
  status integer,
  headers jsonb NOT NULL DEFAULT '{}',
  body bytea,
  recorded_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, actor, key)
);
CREATE INDEX kept_answer_recorded ON kept_answer (tenant_id, recorded_at);

DO $$
DECLARE
  owned text;
BEGIN
  GRANT SELECT, INSERT, UPDATE, DELETE ON member, api_key, refresh_token, kept_answer TO bellwether_app;
  REVOKE DELETE ON member FROM bellwether_app;
  GRANT SELECT, INSERT ON audit TO bellwether_app;
  FOREACH owned IN ARRAY ARRAY['member', 'api_key', 'refresh_token', 'audit', 'kept_answer']
  LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', owned);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', owned);
    EXECUTE format('CREATE POLICY own_rows ON %I USING (tenant_id = current_setting(''bellwether.tenant'')) '
      'WITH CHECK (tenant_id = current_setting(''bellwether.tenant''))', owned);
  END LOOP;
END $$;
