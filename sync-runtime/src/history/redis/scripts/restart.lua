-- Begins a room's order anew if it is not as far as an offset that was delivered: Redis has lost the rest, and
-- would give the same numbers to others. Gives `<epoch>:<number>` of the last entry.
-- KEYS: head, entries, kept
-- ARGV: an epoch if there is none, milliseconds that the head lives at least, epoch and number of the offset
local head, entries, kept = unpack(KEYS)
local new_epoch, ms, of, number = unpack(ARGV)
local epoch, last = life(head, entries, kept, new_epoch, ms)
if epoch == of and last < tonumber(number) then
  redis.call('DEL', head)
  epoch, last = life(head, entries, kept, new_epoch, ms)
end
return epoch .. ':' .. whole(last)
