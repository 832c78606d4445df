-- The keys of a user's sessions.
-- KEYS: sessions of the user
-- ARGV: prefix
local live = {}
for _, key in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  if redis.call('EXISTS', ARGV[1] .. 'session:' .. key) == 1 then
    table.insert(live, key)
  end
end
return live
