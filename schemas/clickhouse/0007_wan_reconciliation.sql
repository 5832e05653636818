-- Flows against interface counters, minute by minute. Below 1 by more than 5 to 15 %: flows are not exported, lost, or of an
-- unknown interface; above: something is counted twice.
--
--   SELECT router, wan, direction, sum(flow_bytes) / sum(counter_bytes) AS ratio
--   FROM wan_reconciliation WHERE time > now() - INTERVAL 1 DAY GROUP BY ALL ORDER BY abs(ratio - 1) DESC

CREATE TABLE IF NOT EXISTS wan_reconciliation
(
    -- Begin of the minute.
    time DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
    site LowCardinality(String),
    router LowCardinality(String),
    wan LowCardinality(String),
    direction LowCardinality(String),
    -- Multiplied by the sampling rate, and spread over the time that each flow took.
    flow_bytes UInt64 CODEC(T64, ZSTD(1)),
    counter_bytes UInt64 CODEC(T64, ZSTD(1)),
    ratio Float64 CODEC(Gorilla, ZSTD(1)),
    log_partition UInt16 CODEC(ZSTD(1)),
    log_first_offset UInt64 CODEC(ZSTD(1)),
    log_last_offset UInt64 CODEC(ZSTD(1)),
    log_first_time DateTime64(3, 'UTC') CODEC(ZSTD(1)),
    INDEX log_range log_last_offset TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(time)
ORDER BY (site, router, wan, direction, time)
TTL time + INTERVAL 14 MONTH
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000;
