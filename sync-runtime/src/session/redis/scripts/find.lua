-- What is known of a session: user, rooms, ms left, ms left at most or -1. Nothing if there is none.
-- KEYS: session
local fields = redis.call('HMGET', KEYS[1], 'user', 'rooms', 'last_end')
if not fields[1] then
  return false
end
local most = -1
if fields[3] then
  local time = redis.call('TIME')
  most = math.max(0, fields[3] - (time[1] * 1000 + math.floor(time[2] / 1000)))
end
return { fields[1], fields[2], redis.call('PTTL', KEYS[1]), most }
