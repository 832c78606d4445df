-- Lets a session live on, but not past its longest life.
-- KEYS: session
-- ARGV: key, idle ms, prefix
local fields = redis.call('HMGET', KEYS[1], 'user_id', 'last_end')
if not fields[1] then
  return 0
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local stop = now + ARGV[2]
if fields[2] then
  stop = math.min(stop, tonumber(fields[2]))
end
redis.call('PEXPIREAT', KEYS[1], stop)
local of_user = ARGV[3] .. 'user:' .. fields[1]
redis.call('ZADD', of_user, stop, ARGV[1])
redis.call('PEXPIREAT', of_user, redis.call('ZRANGE', of_user, -1, -1, 'WITHSCORES')[2])
return 1
