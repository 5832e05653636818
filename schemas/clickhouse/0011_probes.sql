-- Pings through each WAN to beyond its gateway: as counted with the reading that brought them, and as loss and round trip.

ALTER TABLE counters
    ADD COLUMN IF NOT EXISTS probes_sent Nullable(UInt32) CODEC(ZSTD(1)) AFTER engine_uptime_ms,
    ADD COLUMN IF NOT EXISTS probes_answered Nullable(UInt32) CODEC(ZSTD(1)) AFTER probes_sent,
    ADD COLUMN IF NOT EXISTS probe_rtt_ms Nullable(Float64) CODEC(ZSTD(1)) AFTER probes_answered;

ALTER TABLE wan_utilisation
    ADD COLUMN IF NOT EXISTS probe_loss Nullable(Float64) CODEC(ZSTD(1)) AFTER running,
    ADD COLUMN IF NOT EXISTS probe_rtt_ms Nullable(Float64) CODEC(ZSTD(1)) AFTER probe_loss;
