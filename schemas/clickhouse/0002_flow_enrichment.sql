-- What a flow means at its site: names of the interfaces, the WAN and the way it crossed it, the host inside, countries.
-- Rows from before have the defaults: nothing is known of them.

ALTER TABLE flows
    ADD COLUMN IF NOT EXISTS input_interface LowCardinality(String) AFTER dst_as,
    ADD COLUMN IF NOT EXISTS output_interface LowCardinality(String) AFTER input_interface,
    ADD COLUMN IF NOT EXISTS wan LowCardinality(String) AFTER output_interface,
    -- in: from the WAN, out: to the WAN, internal: between two other interfaces, unspecified: not known.
    ADD COLUMN IF NOT EXISTS direction LowCardinality(String) DEFAULT 'unspecified' AFTER wan,
    ADD COLUMN IF NOT EXISTS inside_address Nullable(IPv6) CODEC(ZSTD(1)) AFTER direction,
    -- ISO 3166 alpha-2.
    ADD COLUMN IF NOT EXISTS src_country LowCardinality(String) AFTER inside_address,
    ADD COLUMN IF NOT EXISTS dst_country LowCardinality(String) AFTER src_country;
