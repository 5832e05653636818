-- What people ordered: acknowledged, pinned, locked, armed; by which token, from where, and why.
--
--   SELECT time, router, wan, kind, token_name, note FROM orders ORDER BY time DESC LIMIT 50

CREATE TABLE IF NOT EXISTS orders
(
    id String CODEC(ZSTD(1)),
    time DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
    site LowCardinality(String),
    router LowCardinality(String),
    wan LowCardinality(String),
    kind LowCardinality(String),
    until_time Nullable(DateTime64(3, 'UTC')) CODEC(ZSTD(1)),
    event_id String CODEC(ZSTD(1)),
    note String CODEC(ZSTD(1)),
    token_name LowCardinality(String),
    token_id LowCardinality(String),
    from_address LowCardinality(String),
    log_partition UInt16 CODEC(ZSTD(1)),
    log_first_offset UInt64 CODEC(ZSTD(1)),
    log_last_offset UInt64 CODEC(ZSTD(1)),
    log_first_time DateTime64(3, 'UTC') CODEC(ZSTD(1)),
    INDEX log_range log_last_offset TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(time)
ORDER BY (site, router, time)
SETTINGS non_replicated_deduplication_window = 1000;
