-- What the schedule asks every quarter of an hour: which ideas it chose of late. A handful of rows of each run's log.

CREATE INDEX candidate_chosen ON candidate (tenant_id, idea_id, run_id) WHERE chosen;
