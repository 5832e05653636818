-- One table for each topic that is stored. Columns have the names of the record's fields; absolute times are
-- DateTime64 and called time, start_time and so on. Absent values are NULL, never 0.
--
-- The columns log_* are the same in all rows of one insert: the partition and the offsets of the log records that it
-- came from, and when the first of them was appended to the log. By them a crash is mended exactly
-- (docs/adr/0005-stored-exactly-once.md). The deduplication window is the guard against a repeated insert.
--
-- Every statement can run again: a migration that was interrupted is started from its beginning.

CREATE TABLE IF NOT EXISTS flows
(
    time DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
    router LowCardinality(String),
    exporter IPv6 CODEC(ZSTD(1)),
    version UInt32 CODEC(T64, ZSTD(1)),
    observation_domain UInt32 CODEC(T64, ZSTD(1)),
    ip_version UInt32 CODEC(T64, ZSTD(1)),
    src_address IPv6 CODEC(ZSTD(1)),
    dst_address IPv6 CODEC(ZSTD(1)),
    src_port UInt32 CODEC(T64, ZSTD(1)),
    dst_port UInt32 CODEC(T64, ZSTD(1)),
    protocol UInt32 CODEC(T64, ZSTD(1)),
    tcp_flags UInt32 CODEC(T64, ZSTD(1)),
    tos UInt32 CODEC(T64, ZSTD(1)),
    input_if_index UInt32 CODEC(T64, ZSTD(1)),
    output_if_index UInt32 CODEC(T64, ZSTD(1)),
    -- As exported, not multiplied by sampling_rate.
    bytes UInt64 CODEC(T64, ZSTD(1)),
    packets UInt64 CODEC(T64, ZSTD(1)),
    start_time Nullable(DateTime64(3, 'UTC')) CODEC(Delta, ZSTD(1)),
    end_time Nullable(DateTime64(3, 'UTC')) CODEC(Delta, ZSTD(1)),
    sampling_rate UInt32 CODEC(T64, ZSTD(1)),
    sampling_source LowCardinality(String),
    next_hop Nullable(IPv6) CODEC(ZSTD(1)),
    post_nat_src_address Nullable(IPv6) CODEC(ZSTD(1)),
    post_nat_dst_address Nullable(IPv6) CODEC(ZSTD(1)),
    post_nat_src_port Nullable(UInt32) CODEC(ZSTD(1)),
    post_nat_dst_port Nullable(UInt32) CODEC(ZSTD(1)),
    src_as UInt32 CODEC(T64, ZSTD(1)),
    dst_as UInt32 CODEC(T64, ZSTD(1)),
    log_partition UInt16 CODEC(ZSTD(1)),
    log_first_offset UInt64 CODEC(ZSTD(1)),
    log_last_offset UInt64 CODEC(ZSTD(1)),
    log_first_time DateTime64(3, 'UTC') CODEC(ZSTD(1)),
    INDEX log_range log_last_offset TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMMDD(time)
ORDER BY (router, time)
TTL time + INTERVAL 30 DAY
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000;

CREATE TABLE IF NOT EXISTS syslog
(
    time DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
    router LowCardinality(String),
    source IPv6 CODEC(ZSTD(1)),
    format LowCardinality(String),
    facility Nullable(UInt32) CODEC(ZSTD(1)),
    severity Nullable(UInt32) CODEC(ZSTD(1)),
    device_time Nullable(DateTime64(3, 'UTC')) CODEC(Delta, ZSTD(1)),
    hostname Nullable(String) CODEC(ZSTD(1)),
    app_name Nullable(String) CODEC(ZSTD(1)),
    topics Array(LowCardinality(String)),
    message String CODEC(ZSTD(1)),
    log_partition UInt16 CODEC(ZSTD(1)),
    log_first_offset UInt64 CODEC(ZSTD(1)),
    log_last_offset UInt64 CODEC(ZSTD(1)),
    log_first_time DateTime64(3, 'UTC') CODEC(ZSTD(1)),
    INDEX log_range log_last_offset TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMMDD(time)
ORDER BY (router, time)
TTL time + INTERVAL 90 DAY
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000;

CREATE TABLE IF NOT EXISTS counters
(
    time DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
    router LowCardinality(String),
    source LowCardinality(String),
    interface LowCardinality(String),
    if_index Nullable(UInt32) CODEC(ZSTD(1)),
    device_uptime_ms Nullable(Int64) CODEC(DoubleDelta, ZSTD(1)),
    rx_bytes Nullable(UInt64) CODEC(DoubleDelta, ZSTD(1)),
    tx_bytes Nullable(UInt64) CODEC(DoubleDelta, ZSTD(1)),
    rx_packets Nullable(UInt64) CODEC(DoubleDelta, ZSTD(1)),
    tx_packets Nullable(UInt64) CODEC(DoubleDelta, ZSTD(1)),
    rx_errors Nullable(UInt64) CODEC(DoubleDelta, ZSTD(1)),
    tx_errors Nullable(UInt64) CODEC(DoubleDelta, ZSTD(1)),
    rx_drops Nullable(UInt64) CODEC(DoubleDelta, ZSTD(1)),
    tx_drops Nullable(UInt64) CODEC(DoubleDelta, ZSTD(1)),
    link_downs Nullable(UInt32) CODEC(ZSTD(1)),
    running Nullable(Bool) CODEC(ZSTD(1)),
    speed_bps Nullable(Int64) CODEC(ZSTD(1)),
    alias Nullable(String) CODEC(ZSTD(1)),
    log_partition UInt16 CODEC(ZSTD(1)),
    log_first_offset UInt64 CODEC(ZSTD(1)),
    log_last_offset UInt64 CODEC(ZSTD(1)),
    log_first_time DateTime64(3, 'UTC') CODEC(ZSTD(1)),
    INDEX log_range log_last_offset TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMMDD(time)
ORDER BY (router, interface, time)
TTL time + INTERVAL 30 DAY
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000;

CREATE TABLE IF NOT EXISTS router_state
(
    time DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
    router LowCardinality(String),
    reachable Bool CODEC(ZSTD(1)),
    error String CODEC(ZSTD(1)),
    identity LowCardinality(String),
    version LowCardinality(String),
    board_name LowCardinality(String),
    uptime_ms Nullable(Int64) CODEC(DoubleDelta, ZSTD(1)),
    interfaces Array(Tuple(
        name String,
        if_index Nullable(UInt32),
        type String,
        running Nullable(Bool),
        disabled Nullable(Bool),
        comment Nullable(String))) CODEC(ZSTD(1)),
    steering_rules Array(Tuple(
        id String,
        chain String,
        action String,
        comment String,
        new_routing_mark String,
        disabled Bool,
        invalid Bool,
        dynamic Bool,
        bytes Nullable(UInt64),
        packets Nullable(UInt64))) CODEC(ZSTD(1)),
    log_partition UInt16 CODEC(ZSTD(1)),
    log_first_offset UInt64 CODEC(ZSTD(1)),
    log_last_offset UInt64 CODEC(ZSTD(1)),
    log_first_time DateTime64(3, 'UTC') CODEC(ZSTD(1)),
    INDEX log_range log_last_offset TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMMDD(time)
ORDER BY (router, time)
TTL time + INTERVAL 30 DAY
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000;

-- Kept for more than 13 months, so that a month can be compared with the same month a year ago.
CREATE TABLE IF NOT EXISTS wan_utilisation
(
    time DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
    site LowCardinality(String),
    router LowCardinality(String),
    wan LowCardinality(String),
    interface LowCardinality(String),
    rx_bps Float64 CODEC(Gorilla, ZSTD(1)),
    tx_bps Float64 CODEC(Gorilla, ZSTD(1)),
    -- Shares of the configured capacity; 1 is full.
    rx_util Float64 CODEC(Gorilla, ZSTD(1)),
    tx_util Float64 CODEC(Gorilla, ZSTD(1)),
    interval_ms Int64 CODEC(T64, ZSTD(1)),
    clock LowCardinality(String),
    active Nullable(Bool) CODEC(ZSTD(1)),
    running Nullable(Bool) CODEC(ZSTD(1)),
    log_partition UInt16 CODEC(ZSTD(1)),
    log_first_offset UInt64 CODEC(ZSTD(1)),
    log_last_offset UInt64 CODEC(ZSTD(1)),
    log_first_time DateTime64(3, 'UTC') CODEC(ZSTD(1)),
    INDEX log_range log_last_offset TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(time)
ORDER BY (site, router, wan, time)
TTL time + INTERVAL 14 MONTH
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000;

CREATE TABLE IF NOT EXISTS wan_events
(
    id String CODEC(ZSTD(1)),
    time DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
    site LowCardinality(String),
    router LowCardinality(String),
    wan LowCardinality(String),
    kind LowCardinality(String),
    severity LowCardinality(String),
    message String CODEC(ZSTD(1)),
    value Nullable(Float64) CODEC(ZSTD(1)),
    limit Nullable(Float64) CODEC(ZSTD(1)),
    log_partition UInt16 CODEC(ZSTD(1)),
    log_first_offset UInt64 CODEC(ZSTD(1)),
    log_last_offset UInt64 CODEC(ZSTD(1)),
    log_first_time DateTime64(3, 'UTC') CODEC(ZSTD(1)),
    INDEX log_range log_last_offset TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(time)
ORDER BY (site, router, wan, time)
TTL time + INTERVAL 3 YEAR
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000;

CREATE TABLE IF NOT EXISTS decisions
(
    id String CODEC(ZSTD(1)),
    time DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
    site LowCardinality(String),
    router LowCardinality(String),
    policy LowCardinality(String),
    from_wan LowCardinality(String),
    to_wan LowCardinality(String),
    from_mark LowCardinality(String),
    to_mark LowCardinality(String),
    reason String CODEC(ZSTD(1)),
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

CREATE TABLE IF NOT EXISTS actuations
(
    id String CODEC(ZSTD(1)),
    decision_id String CODEC(ZSTD(1)),
    time DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
    site LowCardinality(String),
    router LowCardinality(String),
    mode LowCardinality(String),
    outcome LowCardinality(String),
    rule String CODEC(ZSTD(1)),
    before_mark LowCardinality(String),
    after_mark LowCardinality(String),
    wanted_mark LowCardinality(String),
    reason String CODEC(ZSTD(1)),
    latency_ms Float64 CODEC(ZSTD(1)),
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

CREATE TABLE IF NOT EXISTS dead_letters
(
    time DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
    service LowCardinality(String),
    topic LowCardinality(String),
    partition UInt32 CODEC(T64, ZSTD(1)),
    offset UInt64 CODEC(T64, ZSTD(1)),
    reason String CODEC(ZSTD(1)),
    value String CODEC(ZSTD(1)),
    log_partition UInt16 CODEC(ZSTD(1)),
    log_first_offset UInt64 CODEC(ZSTD(1)),
    log_last_offset UInt64 CODEC(ZSTD(1)),
    log_first_time DateTime64(3, 'UTC') CODEC(ZSTD(1)),
    INDEX log_range log_last_offset TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(time)
ORDER BY (service, topic, time)
TTL time + INTERVAL 90 DAY
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000;
