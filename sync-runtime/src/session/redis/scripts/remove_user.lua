-- Ends all sessions of a user and tells everybody; gives back their keys.
-- KEYS: sessions of the user
-- ARGV: prefix, reason, channel
local ended = {}
for _, key in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  if redis.call('DEL', ARGV[1] .. 'session:' .. key) == 1 then
    table.insert(ended, key)
    redis.call('PUBLISH', ARGV[3], ARGV[2] .. ' ' .. key)
  end
end
redis.call('DEL', KEYS[1])
return ended
