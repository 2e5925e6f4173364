-- What the schedule asks every quarter of an hour: which ideas it chose of late. A handful of rows of each run's log.

CREATE INDEX candidate_chosen ON candidate (tenant_id, idea_id, run_id) WHERE chosen;
CREATE INDEX candidate_recorded ON candidate USING brin (recorded_at);   -- by which those not chosen go in time
