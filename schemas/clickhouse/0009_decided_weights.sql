-- Decisions of shares: the WANs, and the parts of new connections that they had and should have.

ALTER TABLE decisions
    ADD COLUMN IF NOT EXISTS wans Array(LowCardinality(String)) AFTER reason,
    ADD COLUMN IF NOT EXISTS from_weights Array(UInt32) CODEC(ZSTD(1)) AFTER wans,
    ADD COLUMN IF NOT EXISTS to_weights Array(UInt32) CODEC(ZSTD(1)) AFTER from_weights,
    ADD COLUMN IF NOT EXISTS emergency Bool AFTER to_weights;
