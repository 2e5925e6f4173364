-- Promotion: how a day's money was divided over live listings, with the exact chance of every cent and what was known
-- when it was divided, so that another rule can be judged on it later.

CREATE TABLE promotion (           -- one a day: divided again, the day finds what stands
  tenant_id text NOT NULL REFERENCES tenant (id),
  id uuid NOT NULL,
  day date NOT NULL,
  budget_cents bigint NOT NULL CHECK (budget_cents >= 0),
  outcome text NOT NULL,           -- what succeeds, of what: 'orders/views'
  rule text NOT NULL,              -- with its settings
  prior jsonb NOT NULL,            -- what was believed of a listing before anything was counted
  seed bigint NOT NULL,
  actor text NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, day)
);

CREATE TABLE allocation (
  tenant_id text NOT NULL,
  promotion_id uuid NOT NULL,
  listing_id uuid NOT NULL,
  cents bigint NOT NULL CHECK (cents >= 0),
  propensity double precision NOT NULL CHECK (propensity > 0 AND propensity <= 1),
  successes double precision NOT NULL,   -- decayed to the day
  trials double precision NOT NULL,
  mean double precision NOT NULL,        -- of the rate, after them
  version text NOT NULL,
  PRIMARY KEY (tenant_id, promotion_id, listing_id),
  FOREIGN KEY (tenant_id, promotion_id) REFERENCES promotion (tenant_id, id),
  FOREIGN KEY (tenant_id, listing_id) REFERENCES listing (tenant_id, id)
);
CREATE INDEX allocation_listing ON allocation (tenant_id, listing_id);

DO $$
DECLARE
  owned text;
BEGIN
  FOREACH owned IN ARRAY ARRAY['promotion', 'allocation']
  LOOP
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO bellwether_app', owned);
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', owned);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', owned);
    EXECUTE format('CREATE POLICY own_rows ON %I USING (tenant_id = current_setting(''bellwether.tenant'')) '
      'WITH CHECK (tenant_id = current_setting(''bellwether.tenant''))', owned);
  END LOOP;
END $$;
