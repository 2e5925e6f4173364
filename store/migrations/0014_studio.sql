-- The studio: brands, batches, designs and what was drawn for them. A `render` is a finished drawing under the hash of
-- all that it depends on, so that nothing is drawn twice; its files lie in a folder by their own hash. A `design` is one
-- row of a batch; each of its attempts is kept with its scores.

CREATE TABLE brand (
  tenant_id text NOT NULL REFERENCES tenant (id),
  id uuid NOT NULL,
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 80),
  version integer NOT NULL,        -- the highest is in force; batches keep the one they began with
  profile jsonb NOT NULL,
  images jsonb NOT NULL DEFAULT '[]',   -- sha256 of each reference, in their order
  actor text NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, name, version)
);

CREATE TABLE batch (
  tenant_id text NOT NULL REFERENCES tenant (id),
  id uuid NOT NULL,
  key text NOT NULL,               -- hash of rows, brand and plan: the same file again is the same batch
  name text NOT NULL,
  brand_id uuid NOT NULL,
  plan jsonb NOT NULL,             -- renderer, fallback, size, time-out
  refused jsonb NOT NULL DEFAULT '[]',
  idea_id uuid,                    -- of a batch of one that the system made
  idea_revision integer,           -- as it was approved
  status text NOT NULL CHECK (status IN ('running', 'paused', 'cancelled', 'finished')),
  priority integer NOT NULL DEFAULT 0,
  waits_for text NOT NULL DEFAULT '',   -- why the queue stands: a renderer that does not answer
  waits_until timestamptz NOT NULL DEFAULT now(),
  actor text NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT now(),
  ended_at timestamptz,
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, key),
  FOREIGN KEY (tenant_id, brand_id) REFERENCES brand (tenant_id, id),
  FOREIGN KEY (tenant_id, idea_id) REFERENCES idea (tenant_id, id)
);
CREATE INDEX batch_status ON batch (tenant_id, status, recorded_at);
CREATE INDEX batch_idea ON batch (tenant_id, idea_id, idea_revision) WHERE idea_id IS NOT NULL;

CREATE TABLE render (
  tenant_id text NOT NULL REFERENCES tenant (id),
  key text NOT NULL,               -- sha256 of the packed brief and the renderer's version
  renderer text NOT NULL,
  version text NOT NULL,
  seed bigint NOT NULL,
  prompt text NOT NULL,
  negative text NOT NULL,
  made_with jsonb NOT NULL,
  checked jsonb NOT NULL,          -- likeness, thresholds, misses as the inspection left them
  safety jsonb NOT NULL,
  seen jsonb NOT NULL,             -- tags, category, phash
  seconds double precision NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, key)
);

CREATE TABLE asset (
  tenant_id text NOT NULL REFERENCES tenant (id),
  sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
  media_type text NOT NULL,
  bytes bigint NOT NULL CHECK (bytes > 0),
  tier text NOT NULL DEFAULT 'hot' CHECK (tier IN ('hot', 'archive', 'cold')),
  recorded_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, sha256)
);

CREATE TABLE render_asset (
  tenant_id text NOT NULL,
  key text NOT NULL,
  kind text NOT NULL,              -- 'print', 'cmyk', 'thumbnail', 'svg', ...
  sha256 text NOT NULL,
  PRIMARY KEY (tenant_id, key, kind),
  FOREIGN KEY (tenant_id, key) REFERENCES render (tenant_id, key),
  FOREIGN KEY (tenant_id, sha256) REFERENCES asset (tenant_id, sha256)
);
CREATE INDEX render_asset_of ON render_asset (tenant_id, sha256);

CREATE TABLE design (
  tenant_id text NOT NULL REFERENCES tenant (id),
  id uuid NOT NULL,
  batch_id uuid NOT NULL,
  line integer NOT NULL,           -- its place in the file
  row_id text NOT NULL,
  version integer NOT NULL DEFAULT 1,
  superseded boolean NOT NULL DEFAULT false,   -- a later version was asked for
  row jsonb NOT NULL,
  status text NOT NULL CHECK (status IN ('waiting', 'drawing', 'done', 'dead', 'cancelled')),
  priority integer NOT NULL DEFAULT 0,
  reason text CHECK (reason IN ('style', 'prompt', 'size', 'artefacts', 'text', 'unsafe', 'timeout', 'renderer', 'disk',
    'reference', 'cancelled')),
  error text NOT NULL DEFAULT '',
  takes integer NOT NULL DEFAULT 0,      -- how often somebody began with it
  retries integer NOT NULL DEFAULT 0,    -- how often it was put back because waiting may help
  due_at timestamptz NOT NULL DEFAULT now(),
  taken_by uuid,
  taken_until timestamptz,         -- the holder's heartbeat moves it on
  render_key text,
  score double precision,
  category text NOT NULL DEFAULT '',
  category_by text NOT NULL DEFAULT 'rule' CHECK (category_by IN ('rule', 'person')),
  phash bigint,
  recorded_at timestamptz NOT NULL DEFAULT now(),
  ended_at timestamptz,
  deleted_at timestamptz,
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, batch_id, row_id, version),
  FOREIGN KEY (tenant_id, batch_id) REFERENCES batch (tenant_id, id),
  FOREIGN KEY (tenant_id, render_key) REFERENCES render (tenant_id, key),
  CHECK ((status = 'dead') = (reason IS NOT NULL)),
  CHECK (status <> 'done' OR render_key IS NOT NULL),
  CHECK ((status = 'drawing') = (taken_by IS NOT NULL))
);
CREATE UNIQUE INDEX design_one_standing ON design (tenant_id, batch_id, row_id) WHERE NOT superseded;
CREATE INDEX design_due ON design (tenant_id, status, priority DESC, due_at) WHERE status IN ('waiting', 'drawing');
CREATE INDEX design_of_batch ON design (tenant_id, batch_id, line);
CREATE INDEX design_ended ON design (tenant_id, status, ended_at DESC, id);

CREATE TABLE attempt (
  tenant_id text NOT NULL,
  design_id uuid NOT NULL,
  nth integer NOT NULL CHECK (nth >= 0),
  key text NOT NULL,
  renderer text NOT NULL,
  knobs jsonb NOT NULL,
  checked jsonb NOT NULL,
  passed boolean NOT NULL,
  drawn boolean NOT NULL,          -- false: what stood already was taken
  seconds double precision NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, design_id, nth),
  FOREIGN KEY (tenant_id, design_id) REFERENCES design (tenant_id, id)
);
CREATE INDEX attempt_key ON attempt (tenant_id, key);

CREATE TABLE tag (
  tenant_id text NOT NULL,
  design_id uuid NOT NULL,
  name text NOT NULL,
  confidence double precision NOT NULL CHECK (confidence BETWEEN 0 AND 1),
  PRIMARY KEY (tenant_id, design_id, name),
  FOREIGN KEY (tenant_id, design_id) REFERENCES design (tenant_id, id)
);
CREATE INDEX tag_name ON tag (tenant_id, name);

DO $$
DECLARE
  owned text;
BEGIN
  FOREACH owned IN ARRAY ARRAY['brand', 'batch', 'render', 'asset', 'render_asset', 'design', 'attempt', 'tag']
  LOOP
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO bellwether_app', owned);
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', owned);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', owned);
    EXECUTE format('CREATE POLICY own_rows ON %I USING (tenant_id = current_setting(''bellwether.tenant'')) '
      'WITH CHECK (tenant_id = current_setting(''bellwether.tenant''))', owned);
  END LOOP;
END $$;
