-- What a message of RouterOS says, and what RFC 5424 and CEF carry beside the text.

ALTER TABLE syslog
    ADD COLUMN IF NOT EXISTS event_kind LowCardinality(String) AFTER message,
    ADD COLUMN IF NOT EXISTS event_fields Map(LowCardinality(String), String) CODEC(ZSTD(1)) AFTER event_kind,
    ADD COLUMN IF NOT EXISTS process_id Nullable(String) CODEC(ZSTD(1)) AFTER event_fields,
    ADD COLUMN IF NOT EXISTS message_id Nullable(String) CODEC(ZSTD(1)) AFTER process_id,
    ADD COLUMN IF NOT EXISTS structured_data Array(Tuple(element String, name String, value String))
        CODEC(ZSTD(1)) AFTER message_id;
