-- Gives `<epoch>:<number>` of a room's last entry.
-- KEYS: head, entries, kept
-- ARGV: an epoch if there is none, milliseconds that the head lives at least
local head, entries, kept = unpack(KEYS)
local epoch, last = life(head, entries, kept, unpack(ARGV))
return epoch .. ':' .. whole(last)
