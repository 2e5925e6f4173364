-- Signals as people look at them: the newest first, of one source, of one community; and the ideas that one points at.

CREATE INDEX signal_recorded ON signal (recorded_at, id);
CREATE INDEX signal_of_source ON signal (source, recorded_at, id);
CREATE INDEX signal_of_community ON signal (community, recorded_at, id) WHERE community IS NOT NULL;
CREATE INDEX idea_signal_signal ON idea_signal (tenant_id, signal_id);
