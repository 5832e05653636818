-- Writing flows costs less. Half of the processor time was merges, and an insert of 50 000 rows wrote a file for each column.
--
-- Inserts stay compact parts, and what is merged from them becomes wide ones. Merges take more parts at a time, so that a row is
-- rewritten fewer times; a table that is being written has some more parts for it (docs/adr/0011-flows-table-codecs.md).

ALTER TABLE flows MODIFY SETTING min_bytes_for_wide_part = 33554432, merge_selector_base = 10;

ALTER TABLE flows
    MODIFY COLUMN log_first_offset UInt64 CODEC(Delta, ZSTD(1)),
    MODIFY COLUMN log_last_offset UInt64 CODEC(Delta, ZSTD(1)),
    MODIFY COLUMN log_first_time DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1));
