-- Takes one out of each bucket, in their order, up to one that is empty. Gives 0, or in how many
-- microseconds that one has one again.
-- KEYS: the buckets; each holds when it will be full again, in microseconds since 1970
-- ARGV: for each how long it takes to fill, and how long one takes to come back, in microseconds
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
for i, bucket in ipairs(KEYS) do
  local period, interval = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
  local full_at = tonumber(redis.call('GET', bucket)) or now
  -- No bucket is emptier than empty, whatever its rate or the clock was before.
  full_at = math.max(math.min(full_at, now + period), now) + interval
  local empty_for = full_at - now - period
  if empty_for > 0 then
    return empty_for
  end
  -- A bucket that is full again is no longer needed.
  local needed_for = math.ceil((full_at - now) / 1000)
  redis.call('SET', bucket, string.format('%.0f', full_at), 'PX', needed_for)
end
return 0
