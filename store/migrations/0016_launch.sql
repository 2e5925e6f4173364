-- Launching: what is put up for sale, what was checked about it, and the outbox by which it goes out exactly once.
-- A `listing` is one design on one marketplace in one language, for good: its key is what the marketplace is told. Its
-- draft is changed until a person approves it; then a row of the `outbox` holds what was approved, word for word.

CREATE TABLE listing (
  tenant_id text NOT NULL REFERENCES tenant (id),
  id uuid NOT NULL,
  key text NOT NULL CHECK (key ~ '^[a-z0-9-]{8,40}$'),
  design_id uuid NOT NULL,
  idea_id uuid,                    -- none: the design came from a file of rows
  revision integer,
  marketplace text NOT NULL,
  locale text NOT NULL,
  status text NOT NULL CHECK (status IN ('drafting', 'blocked', 'waiting', 'declined', 'queued', 'pushing',
    'unconfirmed', 'live', 'refused', 'dead', 'ended')),
  nth integer NOT NULL DEFAULT 0,  -- of the draft; 0: there is none yet
  body jsonb,
  digest text NOT NULL DEFAULT '', -- of the body
  written_by text NOT NULL DEFAULT '',   -- 'rule' or the model; and why no model, in `remark`
  remark text NOT NULL DEFAULT '',
  native jsonb,                    -- what stood when it was last seen: id, state, address
  seen_at timestamptz,             -- when that was
  error text NOT NULL DEFAULT '',
  title text NOT NULL DEFAULT '',  -- of the draft, for lists
  price_cents bigint,
  currency text NOT NULL DEFAULT '',
  told boolean NOT NULL DEFAULT true,    -- false: its thread does not know yet what was answered
  actor text NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT now(),
  changed_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, key),
  UNIQUE (tenant_id, design_id, marketplace, locale),
  FOREIGN KEY (tenant_id, design_id) REFERENCES design (tenant_id, id),
  FOREIGN KEY (tenant_id, idea_id) REFERENCES idea (tenant_id, id),
  CHECK (status IN ('drafting', 'declined') OR body IS NOT NULL)
);
CREATE INDEX listing_status ON listing (tenant_id, status, changed_at, id);
CREATE INDEX listing_changed ON listing (tenant_id, changed_at, id);
CREATE INDEX listing_idea ON listing (tenant_id, idea_id) WHERE idea_id IS NOT NULL;
CREATE INDEX listing_untold ON listing (tenant_id, changed_at) WHERE NOT told;

CREATE TABLE gate (                -- what a gate said of a draft; a person may let it pass, with a reason
  tenant_id text NOT NULL,
  listing_id uuid NOT NULL,
  nth integer NOT NULL,
  name text NOT NULL,
  outcome text NOT NULL CHECK (outcome IN ('clear', 'blocked', 'could not run')),
  verdict jsonb NOT NULL,
  checked_at timestamptz NOT NULL DEFAULT now(),
  passed_by text,
  passed_why text,
  passed_at timestamptz,
  PRIMARY KEY (tenant_id, listing_id, nth, name),
  FOREIGN KEY (tenant_id, listing_id) REFERENCES listing (tenant_id, id),
  CHECK ((passed_by IS NULL) = (passed_at IS NULL)),
  CHECK (passed_by IS NULL OR coalesce(passed_why, '') <> '')
);

CREATE TABLE outbox (
  tenant_id text NOT NULL,
  id uuid NOT NULL,
  listing_id uuid NOT NULL,
  verb text NOT NULL CHECK (verb IN ('put', 'end')),
  nth integer NOT NULL,            -- of the draft that was approved
  marketplace text NOT NULL,
  body jsonb NOT NULL,             -- as it was approved
  digest text NOT NULL,
  status text NOT NULL CHECK (status IN ('queued', 'pushing', 'unconfirmed', 'live', 'ended', 'refused', 'dead',
    'withdrawn')),
  due_at timestamptz NOT NULL,     -- not before; at first the end of the undo window
  undo_until timestamptz NOT NULL,
  deadline_at timestamptz NOT NULL,
  begun_at timestamptz,            -- from here on something may have been sent
  uncertain_since timestamptz,     -- a change was sent and nobody knows whether it was made
  taken_by uuid,
  taken_until timestamptz,         -- the holder's heartbeat moves it on
  takes integer NOT NULL DEFAULT 0,
  tries integer NOT NULL DEFAULT 0,
  error text NOT NULL DEFAULT '',
  actor text NOT NULL,             -- who approved
  reason text NOT NULL DEFAULT '',
  recorded_at timestamptz NOT NULL DEFAULT now(),
  first_at timestamptz,            -- when a worker first had it
  ended_at timestamptz,
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, listing_id) REFERENCES listing (tenant_id, id),
  CHECK ((status = 'pushing') = (taken_by IS NOT NULL)),
  CHECK ((status IN ('queued', 'pushing', 'unconfirmed')) = (ended_at IS NULL))
);
CREATE UNIQUE INDEX outbox_one_open ON outbox (tenant_id, listing_id)
  WHERE status IN ('queued', 'pushing', 'unconfirmed');
CREATE INDEX outbox_due ON outbox (tenant_id, due_at) WHERE status IN ('queued', 'unconfirmed');
CREATE INDEX outbox_taken ON outbox (tenant_id, taken_until) WHERE status = 'pushing';
CREATE INDEX outbox_listing ON outbox (tenant_id, listing_id, recorded_at);

DO $$
DECLARE
  owned text;
BEGIN
  FOREACH owned IN ARRAY ARRAY['listing', 'gate', 'outbox']
  LOOP
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO bellwether_app', owned);
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', owned);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', owned);
    EXECUTE format('CREATE POLICY own_rows ON %I USING (tenant_id = current_setting(''bellwether.tenant'')) '
      'WITH CHECK (tenant_id = current_setting(''bellwether.tenant''))', owned);
  END LOOP;
END $$;
