-- Who writes the records of a partition of the log. An insert is refused unless the claim it was made under is still the newest
-- one, so what a writer that is gone had sent, and the network or a busy server still holds, is not stored behind the next one's back.
--
--   SELECT * FROM writer_claims FINAL ORDER BY time DESC LIMIT 50

CREATE TABLE IF NOT EXISTS writer_claims
(
    log_topic     LowCardinality(String),
    log_partition UInt32,
    number        UInt64,
    claim         UUID,
    time          DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(number)
ORDER BY (log_topic, log_partition);
