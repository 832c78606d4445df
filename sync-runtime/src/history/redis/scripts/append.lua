-- Records entries as the last of their room and tells each on the room's channel: `entry <epoch>:<number> <entry>`.
-- Gives `<epoch>:<number>` of the first.
-- KEYS: head, entries, kept
-- ARGV: an epoch if there is none, milliseconds that the head lives at least, most bytes, channel; and of each
--       entry: count, milliseconds, bytes, entry
local head, entries, kept = unpack(KEYS)
local new_epoch, ms, max_bytes, channel = unpack(ARGV, 1, 4)
local longest = 0
for i = 5, #ARGV, 4 do
  longest = math.max(longest, ARGV[i + 1])
end
-- All of it ends by itself: the entries when the last to be kept no longer is, and the head after them.
local epoch, before, held = life(head, entries, kept, new_epoch, ms + generous(longest))
local last, length, begins, at = before, 0, false, now()
for i = 5, #ARGV, 4 do
  local count, age, bytes, entry = unpack(ARGV, i, i + 3)
  last = last + 1
  local number = whole(last)
  redis.call('XADD', entries, number .. '-0', 'entry', entry)
  length = redis.call('RPUSH', kept, count .. ' ' .. whole(at + age) .. ' ' .. bytes)
  if length == 1 then
    -- What was kept before has ended.
    held, begins = 0, true
  end
  held = held + bytes
  redis.call('PUBLISH', channel, 'entry ' .. epoch .. ':' .. number .. ' ' .. entry)
end
if begins or redis.call('PTTL', entries) < longest then
  for _, key in ipairs({ entries, kept }) do
    redis.call('PEXPIRE', key, whole(generous(longest)))
  end
end
local _, left = trim(entries, kept, last, length, held, tonumber(max_bytes), at)
redis.call('HSET', head, 'last', whole(last), 'bytes', whole(left))
return epoch .. ':' .. whole(before + 1)
