-- What came of each confirmed change: where new connections went after it, and what the WANs carried then.
--
--   SELECT a.time, a.router, a.after_mark, e.effect, e.reason, e.wans, e.new_connections, e.rx_bps
--   FROM actuations AS a LEFT JOIN actuation_effects AS e ON e.id = a.id
--   WHERE a.outcome = 'confirmed' ORDER BY a.time DESC LIMIT 50

CREATE TABLE IF NOT EXISTS actuation_effects
(
    id String CODEC(ZSTD(1)),
    decision_id String CODEC(ZSTD(1)),
    time DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
    site LowCardinality(String),
    router LowCardinality(String),
    effect LowCardinality(String),
    reason String CODEC(ZSTD(1)),
    watched_ms Int64 CODEC(ZSTD(1)),
    wans Array(LowCardinality(String)) CODEC(ZSTD(1)),
    new_connections Array(UInt32) CODEC(ZSTD(1)),
    rx_bps Array(Float64) CODEC(ZSTD(1)),
    tx_bps Array(Float64) CODEC(ZSTD(1)),
    log_partition UInt16 CODEC(ZSTD(1)),
    log_first_offset UInt64 CODEC(ZSTD(1)),
    log_last_offset UInt64 CODEC(ZSTD(1)),
    log_first_time DateTime64(3, 'UTC') CODEC(ZSTD(1)),
    INDEX log_range log_last_offset TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(time)
ORDER BY (site, router, time)
TTL time + INTERVAL 3 YEAR
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000;
