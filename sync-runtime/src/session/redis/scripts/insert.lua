-- Adds a session; gives back the keys of those that ended because of it.
-- KEYS: session, sessions of the user
-- ARGV: key, user, user id, idle ms, longest life ms or '', '1' if it is the only one, prefix, channel
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)

local ended = {}
if ARGV[6] == '1' then
  for _, other in ipairs(redis.call('ZRANGE', KEYS[2], 0, -1)) do
    if redis.call('DEL', ARGV[7] .. 'session:' .. other) == 1 then
      table.insert(ended, other)
      redis.call('PUBLISH', ARGV[8], 'revoked ' .. other)
    end
  end
  redis.call('DEL', KEYS[2])
end

local left = tonumber(ARGV[4])
redis.call('HSET', KEYS[1], 'user', ARGV[2], 'user_id', ARGV[3], 'rooms', '[]')
if ARGV[5] ~= '' then
  local most = tonumber(ARGV[5])
  redis.call('HSET', KEYS[1], 'last_end', now + most)
  left = math.min(left, most)
end
redis.call('PEXPIRE', KEYS[1], left)
redis.call('ZADD', KEYS[2], now + left, ARGV[1])
redis.call('PEXPIREAT', KEYS[2], redis.call('ZRANGE', KEYS[2], -1, -1, 'WITHSCORES')[2])
return ended
