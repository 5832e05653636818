-- The marks of the rule of IPv6 beside those of IPv4, where it is steered too.
--
--   SELECT time, router, after_mark, ipv6_after_mark, reason FROM actuations
--   WHERE ipv6_after_mark IS NOT NULL AND ipv6_after_mark != after_mark ORDER BY time DESC LIMIT 50

ALTER TABLE actuations
    ADD COLUMN IF NOT EXISTS ipv6_before_mark LowCardinality(Nullable(String)) AFTER left_over,
    ADD COLUMN IF NOT EXISTS ipv6_after_mark LowCardinality(Nullable(String)) AFTER ipv6_before_mark;
