-- Records an entry as the last of its room and tells it on the room's channel: `entry <epoch>:<number> <entry>`.
-- Gives `<epoch>:<number>`.
-- KEYS: head, entries, kept
-- ARGV: an epoch if there is none, milliseconds that the head lives at least, most bytes, count, milliseconds,
--       bytes, channel, entry
local head, entries, kept = unpack(KEYS)
local new_epoch, ms, max_bytes, count, age, bytes, channel, entry = unpack(ARGV)
local epoch, last = life(head, entries, kept, new_epoch, ms)
local number = last + 1
redis.call('XADD', entries, whole(number) .. '-0', 'entry', entry)
local held = redis.call('LLEN', kept) > 0 and tonumber(redis.call('HGET', head, 'bytes')) or 0
redis.call('RPUSH', kept, count .. ' ' .. whole(now() + age) .. ' ' .. bytes)
redis.call('HSET', head, 'last', whole(number), 'bytes', whole(held + bytes))
trim(head, entries, kept, number, tonumber(max_bytes))

-- All of it ends by itself: the entries when the last to be kept no longer is, and the head after them.
local left = math.max(redis.call('PTTL', entries), tonumber(age))
for _, key in ipairs({ entries, kept }) do
  redis.call('PEXPIRE', key, whole(left))
end
if redis.call('PTTL', head) < left + ms then
  redis.call('PEXPIRE', head, whole(left + ms))
end
local offset = epoch .. ':' .. whole(number)
redis.call('PUBLISH', channel, 'entry ' .. offset .. ' ' .. entry)
return offset
