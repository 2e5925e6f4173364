-- The library: finished designs as people look for them, whose tags and category a person may set, and where their files
-- lie as they age. Conditions on expressions could leak a row behind row-level security and use no index: sort keys and
-- what is filtered by are columns.

ALTER TABLE design
  ADD COLUMN tier text NOT NULL DEFAULT 'hot' CHECK (tier IN ('hot', 'archive', 'cold')),
  ADD COLUMN used_at timestamptz,          -- the last time it was opened, exported or shown on a product
  ADD COLUMN words text NOT NULL DEFAULT '',   -- what it is found by, in lower case: its row's words and its tags
  ADD COLUMN product text NOT NULL GENERATED ALWAYS AS (coalesce(row ->> 'product_format', '')) STORED,
  ADD COLUMN score_key double precision NOT NULL GENERATED ALWAYS AS (coalesce(score, '-infinity'::float8)) STORED,
  ADD COLUMN shown boolean NOT NULL
    GENERATED ALWAYS AS (status = 'done' AND NOT superseded AND deleted_at IS NULL) STORED;

CREATE INDEX design_newest ON design (tenant_id, ended_at, id) WHERE shown;
CREATE INDEX design_best ON design (tenant_id, score_key, id) WHERE shown;
CREATE INDEX design_category ON design (tenant_id, category, ended_at, id) WHERE shown;
CREATE INDEX design_product ON design (tenant_id, product, ended_at, id) WHERE shown;
CREATE INDEX design_age ON design (tenant_id, tier, ended_at) WHERE status = 'done';
CREATE INDEX design_render ON design (tenant_id, render_key) WHERE render_key IS NOT NULL;
CREATE INDEX brand_name ON brand (tenant_id, name);
CREATE INDEX batch_brand ON batch (tenant_id, brand_id);

ALTER TABLE tag ADD COLUMN put_by text NOT NULL DEFAULT 'rule' CHECK (put_by IN ('rule', 'person'));
DROP INDEX tag_name;
CREATE INDEX tag_name ON tag (tenant_id, name, design_id);

-- How a design looks, by one descriptor: compared with none of another.
CREATE TABLE look (
  tenant_id text NOT NULL,
  key text NOT NULL,               -- of the render
  model text NOT NULL,             -- descriptor and its version
  dimension integer NOT NULL,
  vector real[] NOT NULL,          -- of length 1
  PRIMARY KEY (tenant_id, key),
  FOREIGN KEY (tenant_id, key) REFERENCES render (tenant_id, key),
  CHECK (cardinality(vector) = dimension)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON look TO bellwether_app;
ALTER TABLE look ENABLE ROW LEVEL SECURITY;
ALTER TABLE look FORCE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON look USING (tenant_id = current_setting('bellwether.tenant'))
  WITH CHECK (tenant_id = current_setting('bellwether.tenant'));

DO $$
DECLARE
  one text;
BEGIN
  FOR one IN SELECT id FROM tenant LOOP
    PERFORM set_config('bellwether.tenant', one, true);
    UPDATE design d SET words = lower(concat_ws(' ', d.row ->> 'text', d.row ->> 'keyword', d.row ->> 'hook',
      d.row ->> 'audience', (SELECT string_agg(t.name, ' ' ORDER BY t.name) FROM tag t
        WHERE t.tenant_id = d.tenant_id AND t.design_id = d.id)))
    WHERE d.status = 'done' AND d.tenant_id = one;
  END LOOP;
END $$;
