-- Adds a room as the newest; gives back the rooms left for it, as JSON. Nothing if there is no session.
-- KEYS: session
-- ARGV: room, max
local text = redis.call('HGET', KEYS[1], 'rooms')
if not text then
  return false
end
-- An empty table would become an object.
local function encode(rooms)
  return #rooms == 0 and '[]' or cjson.encode(rooms)
end

local rooms = cjson.decode(text)
local left = {}
for _, room in ipairs(rooms) do
  if room == ARGV[1] then
    return '[]'
  end
end
table.insert(rooms, ARGV[1])
while #rooms > tonumber(ARGV[2]) do
  table.insert(left, table.remove(rooms, 1))
end
redis.call('HSET', KEYS[1], 'rooms', encode(rooms))
return encode(left)
