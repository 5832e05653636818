-- What SNMP says beside the counters: how wide they are, and the restarts of the agent; and the sensors of routers.

ALTER TABLE counters
    ADD COLUMN IF NOT EXISTS counter_bits Nullable(UInt32) CODEC(ZSTD(1)) AFTER alias,
    ADD COLUMN IF NOT EXISTS enabled Nullable(Bool) CODEC(ZSTD(1)) AFTER counter_bits,
    ADD COLUMN IF NOT EXISTS last_change_uptime_ms Nullable(Int64) CODEC(ZSTD(1)) AFTER enabled,
    ADD COLUMN IF NOT EXISTS engine_boots Nullable(UInt32) CODEC(ZSTD(1)) AFTER last_change_uptime_ms,
    ADD COLUMN IF NOT EXISTS engine_uptime_ms Nullable(Int64) CODEC(DoubleDelta, ZSTD(1)) AFTER engine_boots;

CREATE TABLE IF NOT EXISTS sensors
(
    time DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
    router LowCardinality(String),
    -- The unit is the end of the name: temperature_celsius, optical_rx_dbm, memory_used_bytes.
    metric LowCardinality(String),
    sensor LowCardinality(String),
    value Float64 CODEC(Gorilla, ZSTD(1)),
    state LowCardinality(Nullable(String)),
    if_index Nullable(UInt32) CODEC(ZSTD(1)),
    oid LowCardinality(String),
    log_partition UInt16 CODEC(ZSTD(1)),
    log_first_offset UInt64 CODEC(ZSTD(1)),
    log_last_offset UInt64 CODEC(ZSTD(1)),
    log_first_time DateTime64(3, 'UTC') CODEC(ZSTD(1)),
    INDEX log_range log_last_offset TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(time)
ORDER BY (router, metric, sensor, time)
TTL time + INTERVAL 90 DAY
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000;
