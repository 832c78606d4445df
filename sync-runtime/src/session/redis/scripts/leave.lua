-- Takes a room out; gives back whether there is such a session.
-- KEYS: session
-- ARGV: room
local text = redis.call('HGET', KEYS[1], 'rooms')
if not text then
  return 0
end
local stay = {}
for _, room in ipairs(cjson.decode(text)) do
  if room ~= ARGV[1] then
    table.insert(stay, room)
  end
end
redis.call('HSET', KEYS[1], 'rooms', #stay == 0 and '[]' or cjson.encode(stay))
return 1
