-- The keys that lists of ideas are sorted by, as columns. Behind row-level security a condition with coalesce() counts as
-- one that could leak a row, so a page after a cursor walked its index from the start to where it begins.

ALTER TABLE idea
  ADD COLUMN score_key double precision NOT NULL GENERATED ALWAYS AS (coalesce(score, '-infinity'::float8)) STORED,
  ADD COLUMN deadline_key date NOT NULL GENERATED ALWAYS AS (coalesce(order_by, '9999-12-31'::date)) STORED,
  ADD COLUMN margin_key double precision NOT NULL GENERATED ALWAYS AS (coalesce(margin_ratio, '-infinity'::float8)) STORED;

DROP INDEX idea_by_score, idea_by_deadline, idea_by_margin;
CREATE INDEX idea_by_score ON idea (tenant_id, status, verdict, score_key, id, product_format)
  WHERE decided_at IS NOT NULL AND merged_into IS NULL;
CREATE INDEX idea_by_deadline ON idea (tenant_id, status, verdict, deadline_key, id, product_format)
  WHERE decided_at IS NOT NULL AND merged_into IS NULL;
CREATE INDEX idea_by_margin ON idea (tenant_id, status, verdict, margin_key, id, product_format)
  WHERE decided_at IS NOT NULL AND merged_into IS NULL;
