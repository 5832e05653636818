-- Connections of a WAN that was down, removed so that they begin anew by another one.
--
--   SELECT time, router, connection_mark, removed, left_over, reason
--   FROM actuations WHERE connection_mark != '' ORDER BY time DESC LIMIT 50

ALTER TABLE actuations
    ADD COLUMN IF NOT EXISTS connection_mark LowCardinality(String) AFTER latency_ms,
    ADD COLUMN IF NOT EXISTS removed Nullable(UInt32) CODEC(ZSTD(1)) AFTER connection_mark,
    ADD COLUMN IF NOT EXISTS left_over Nullable(UInt32) CODEC(ZSTD(1)) AFTER removed;
