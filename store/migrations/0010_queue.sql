-- The queue: what lists of ideas sort and show stands with the idea, as its latest decision has it, so that the first
-- page of ten thousand is one look at an index. And which answers the waiting thread was told.

ALTER TABLE idea
  ADD COLUMN verdict text CHECK (verdict IN ('approve', 'review', 'reject')),
  ADD COLUMN score double precision CHECK (score BETWEEN 0 AND 1),
  ADD COLUMN price_cents bigint,
  ADD COLUMN margin_ratio double precision,
  ADD COLUMN order_by date,        -- the last order date of its occasion
  ADD COLUMN decided_at timestamptz;
ALTER TABLE review ADD COLUMN told_at timestamptz;   -- when the thread had it, or had it taken back; null: still to be told

DO $$
DECLARE
  one text;
BEGIN
  FOR one IN SELECT id FROM tenant LOOP
    PERFORM set_config('bellwether.tenant', one, true);
    UPDATE idea i SET order_by = (occasion ->> 'order_by')::date WHERE i.tenant_id = one AND occasion ->> 'order_by' IS NOT NULL;
    UPDATE idea i SET verdict = d.verdict, decided_at = d.recorded_at, score = d.total, price_cents = d.price,
      margin_ratio = d.margin
    FROM (
      SELECT DISTINCT ON (d.idea_id) d.idea_id, d.verdict, d.recorded_at,
        (SELECT s.total FROM score s WHERE s.tenant_id = d.tenant_id AND s.idea_id = d.idea_id AND s.as_of = d.as_of
          ORDER BY s.weights_version DESC LIMIT 1) AS total,
        (SELECT round((f.value #>> '{}')::numeric)::bigint FROM fact f WHERE f.tenant_id = d.tenant_id
          AND f.idea_id = d.idea_id AND f.revision = d.revision AND f.id = 'pricing.price_cents') AS price,
        (SELECT (f.value #>> '{}')::double precision FROM fact f WHERE f.tenant_id = d.tenant_id
          AND f.idea_id = d.idea_id AND f.revision = d.revision AND f.id = 'pricing.margin_ratio') AS margin
      FROM decision d WHERE d.tenant_id = one ORDER BY d.idea_id, d.revision DESC) d
    WHERE i.tenant_id = one AND i.id = d.idea_id;
    UPDATE idea i SET price_cents = (r.edits #>> '{to,price_cents}')::bigint, margin_ratio = NULL FROM review r
    WHERE i.tenant_id = one AND r.tenant_id = one AND r.idea_id = i.id AND r.revision = i.revision
      AND r.undone_at IS NULL AND r.edits #>> '{to,price_cents}' IS NOT NULL;
    UPDATE review SET told_at = decided_at WHERE tenant_id = one AND decided_at < now() - interval '1 day';
  END LOOP;
END $$;

-- Each sort of the queue; within a status and a verdict its rows lie in the order of the list (see store/queue.py).
CREATE INDEX idea_by_score ON idea (tenant_id, status, verdict, (coalesce(score, '-infinity'::float8)), id, product_format)
  WHERE decided_at IS NOT NULL AND merged_into IS NULL;
CREATE INDEX idea_by_newest ON idea (tenant_id, status, verdict, decided_at, id, product_format)
  WHERE decided_at IS NOT NULL AND merged_into IS NULL;
CREATE INDEX idea_by_deadline ON idea (tenant_id, status, verdict, (coalesce(order_by, '9999-12-31'::date)), id, product_format)
  WHERE decided_at IS NOT NULL AND merged_into IS NULL;
CREATE INDEX idea_by_margin ON idea (tenant_id, status, verdict, (coalesce(margin_ratio, '-infinity'::float8)), id, product_format)
  WHERE decided_at IS NOT NULL AND merged_into IS NULL;
CREATE INDEX review_untold ON review (tenant_id, idea_id, revision) WHERE told_at IS NULL;
