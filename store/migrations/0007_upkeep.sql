-- Upkeep: what people are to be told and how far that has come on each channel; alarms that are on; and indexes that
-- keep what is asked every few minutes from reading what has ended.

CREATE TABLE notice (              -- one thing to tell; the key makes it one, however often it is said
  tenant_id text NOT NULL REFERENCES tenant (id),
  key text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('alarm', 'person')),
  severity text NOT NULL CHECK (severity IN ('info', 'warning', 'critical')),
  subject text NOT NULL,
  body text NOT NULL,
  thread text NOT NULL,            -- what belongs together: an alarm opened, still on, resolved
  resolves boolean NOT NULL DEFAULT false,
  recorded_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, key)
);
CREATE INDEX notice_recorded ON notice (tenant_id, recorded_at);

CREATE TABLE notice_message (      -- one message on one channel: a notice, or several gathered into a digest
  tenant_id text NOT NULL REFERENCES tenant (id),
  channel text NOT NULL,
  key text NOT NULL,
  state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sending', 'sent', 'failed')),
  place integer NOT NULL,          -- among those made at the same moment: the most severe first
  attempts integer NOT NULL DEFAULT 0,
  due_at timestamptz NOT NULL,     -- while it is being sent: when whoever sends it counts as dead
  sent_at timestamptz,
  reason text NOT NULL DEFAULT '',
  recorded_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, channel, key)
);
CREATE INDEX notice_message_due ON notice_message (tenant_id, channel, due_at) WHERE state IN ('waiting', 'sending');
CREATE INDEX notice_message_sent ON notice_message (tenant_id, channel, sent_at);

CREATE TABLE notice_part (         -- with which message of a channel a notice goes
  tenant_id text NOT NULL,
  channel text NOT NULL,
  notice_key text NOT NULL,
  message_key text NOT NULL,
  PRIMARY KEY (tenant_id, channel, notice_key),
  FOREIGN KEY (tenant_id, notice_key) REFERENCES notice (tenant_id, key) ON DELETE CASCADE,
  FOREIGN KEY (tenant_id, channel, message_key) REFERENCES notice_message (tenant_id, channel, key) ON DELETE CASCADE
);
CREATE INDEX notice_part_notice ON notice_part (tenant_id, notice_key);
CREATE INDEX notice_part_message ON notice_part (tenant_id, channel, message_key);

CREATE TABLE alarm (               -- those that are on
  tenant_id text NOT NULL REFERENCES tenant (id),
  name text NOT NULL,
  severity text NOT NULL CHECK (severity IN ('info', 'warning', 'critical')),
  subject text NOT NULL,
  opened_at timestamptz NOT NULL,
  seen_at timestamptz NOT NULL,
  told_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, name)
);

-- What is asked every few minutes, without a look at what has ended

CREATE INDEX run_running ON run (tenant_id, id) WHERE status = 'running';
CREATE INDEX review_of_idea ON review (tenant_id, idea_id, revision);
CREATE INDEX review_of_late ON review (tenant_id, decided_at) WHERE undone_at IS NULL;
CREATE INDEX decision_recorded ON decision (tenant_id, recorded_at);
CREATE INDEX score_recorded ON score USING brin (recorded_at);   -- written in the order of time: a few pages are enough
CREATE INDEX model_call_recorded ON model_call (tenant_id, recorded_at);

DO $$
DECLARE
  owned text;
BEGIN
  FOREACH owned IN ARRAY ARRAY['notice', 'notice_message', 'notice_part', 'alarm']
  LOOP
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO bellwether_app', owned);
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', owned);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', owned);
    EXECUTE format('CREATE POLICY own_rows ON %I USING (tenant_id = current_setting(''bellwether.tenant'')) '
      'WITH CHECK (tenant_id = current_setting(''bellwether.tenant''))', owned);
  END LOOP;
END $$;
