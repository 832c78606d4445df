-- Ends a session and tells everybody; gives back whether there was one.
-- KEYS: session
-- ARGV: key, prefix, reason, channel
local user_id = redis.call('HGET', KEYS[1], 'user_id')
if not user_id then
  return 0
end
redis.call('DEL', KEYS[1])
redis.call('ZREM', ARGV[2] .. 'user:' .. user_id, ARGV[1])
redis.call('PUBLISH', ARGV[4], ARGV[3] .. ' ' .. ARGV[1])
return 1
