-- Gives 'entries' and the entries that follow an offset, or why it cannot be said which those are.
-- KEYS: head, entries, kept
-- ARGV: an epoch if there is none, milliseconds that the head lives at least, epoch and number of the offset,
--       how many at most
local head, entries, kept = unpack(KEYS)
local new_epoch, ms, of, after, max = unpack(ARGV)
local epoch, last, held = life(head, entries, kept, new_epoch, ms)
after = tonumber(after)
if epoch ~= of or after > last then
  return { 'newEpoch' }
end
local length = redis.call('LLEN', kept)
local remaining, bytes = trim(entries, kept, last, length, held, math.huge, now())
if remaining < length then
  redis.call('HSET', head, 'bytes', whole(bytes))
end
if after < last - remaining then
  return { 'trimmed' }
end
local answer = { 'entries' }
local next = after + 1
for _, entry in ipairs(redis.call('XRANGE', entries, whole(next) .. '-0', '+', 'COUNT', max)) do
  if entry[1] ~= whole(next) .. '-0' then
    return { 'trimmed' }
  end
  table.insert(answer, entry[2][2])
  next = next + 1
end
-- A Redis that is short of memory may have let go of the stream alone.
if after < last and next == after + 1 then
  return { 'trimmed' }
end
return answer
