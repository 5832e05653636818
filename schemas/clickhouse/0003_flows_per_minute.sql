-- Bytes of flows over time, honestly: a flow that lasted half an hour is spread over that half hour, not put as a spike
-- into the minute in which its record came.
--
--   SELECT time, wan, direction, scaled_bytes * 8 / 60 AS bps
--   FROM flows_per_minute(since = '2026-01-31 10:00:00', until = '2026-01-31 11:00:00', active_timeout_s = 60)
--
-- Times are UTC, `until` is not included; active_timeout_s is what the exporters are set to (RouterOS: 1800 unless it was
-- changed). A flow covers the time from its start to its end by the device's clock. Where those are absent, or so far from
-- the time of arrival that the device's clock must be wrong, it covers the active timeout before its arrival. Within that
-- time its bytes are spread evenly; a flow of no duration is in one minute. Shares are whole bytes and add up to what was
-- exported. `bytes` and `packets` are as exported; the scaled columns are multiplied by the sampling rate.
CREATE OR REPLACE VIEW flows_per_minute AS
WITH
    60000 AS minute_ms,
    toUnixTimestamp64Milli(flows.time) AS time_ms,
    toUnixTimestamp64Milli(start_time) AS start_ms,
    toUnixTimestamp64Milli(end_time) AS end_ms,
    ifNull(start_ms <= end_ms AND end_ms <= time_ms + 60000 AND start_ms >= time_ms - 7200000, 0) AS is_timed,
    assumeNotNull(if(is_timed, start_ms, time_ms - {active_timeout_s:UInt32} * 1000)) AS from_ms,
    assumeNotNull(if(is_timed, end_ms, time_ms)) AS to_ms,
    greatest(to_ms - from_ms, 1) AS duration_ms,
    arrayJoin(range(intDiv(from_ms, minute_ms), intDiv(greatest(to_ms - 1, from_ms), minute_ms) + 1)) AS minute,
    -- How much of the duration lies before the minute, and before its end.
    greatest(minute * minute_ms - from_ms, 0) AS before_ms,
    least((minute + 1) * minute_ms - from_ms, duration_ms) AS upto_ms,
    intDiv(toInt128(flows.bytes) * upto_ms, duration_ms) - intDiv(toInt128(flows.bytes) * before_ms, duration_ms) AS share_bytes,
    intDiv(toInt128(flows.packets) * upto_ms, duration_ms) - intDiv(toInt128(flows.packets) * before_ms, duration_ms) AS share_packets,
    greatest(sampling_rate, 1) AS scale
SELECT
    toDateTime(minute * 60, 'UTC') AS time,
    router,
    wan,
    direction,
    toUInt64(sum(share_bytes)) AS bytes,
    toUInt64(sum(share_packets)) AS packets,
    toUInt64(sum(share_bytes * scale)) AS scaled_bytes,
    toUInt64(sum(share_packets * scale)) AS scaled_packets
FROM flows
-- The record of a flow comes when it ended or reached the active timeout, so not before its minutes and not long after.
WHERE flows.time >= {since:DateTime('UTC')} - 60
  AND flows.time < {until:DateTime('UTC')} + 7200 + {active_timeout_s:UInt32}
  AND minute * 60 >= toUnixTimestamp({since:DateTime('UTC')})
  AND minute * 60 < toUnixTimestamp({until:DateTime('UTC')})
GROUP BY minute, router, wan, direction;
