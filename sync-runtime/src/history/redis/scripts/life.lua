-- What the scripts of a room share. Its keys:
--   head     a hash: the epoch of its order, the number of its last entry, how many bytes are kept, and the
--            run of Redis that knew this last
--   entries  a stream: the entries that are kept, with their numbers as ids
--   kept     a list: for each of these `<count> <until> <bytes>`

local function whole(number)
  return string.format('%.0f', number)
end

local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- Gives a room's epoch and the number of its last entry. One that has none begins with `epoch`.
--
-- A Redis that was started again may have lost the last of what it had told. So the order begins anew, unless
-- Redis writes down every change.
local function life(head, entries, kept, new_epoch, ms)
  local run = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
  local epoch, last, known_to = unpack(redis.call('HMGET', head, 'epoch', 'last', 'run'))
  if epoch and known_to ~= run then
    if string.find(redis.call('INFO', 'persistence'), 'aof_enabled:1', 1, true) then
      redis.call('HSET', head, 'run', run)
    else
      epoch = false
    end
  end
  if not epoch then
    epoch, last = new_epoch, 0
    redis.call('DEL', entries, kept)
    redis.call('HSET', head, 'epoch', epoch, 'last', 0, 'bytes', 0, 'run', run)
  end
  if redis.call('PTTL', head) < tonumber(ms) then
    redis.call('PEXPIRE', head, ms)
  end
  return epoch, tonumber(last)
end

-- Lets go of the first entries as long as the first is no longer to be kept. Gives how many there are then.
local function trim(head, entries, kept, last, max_bytes)
  local length = redis.call('LLEN', kept)
  local before = length
  -- What has ended by itself takes nothing.
  local bytes = length > 0 and tonumber(redis.call('HGET', head, 'bytes')) or 0
  local at = now()
  while length > 0 do
    local first = redis.call('LINDEX', kept, 0)
    local count, till, size = string.match(first, '(%d+) (%d+) (%d+)')
    if length <= tonumber(count) and at < tonumber(till) and bytes <= max_bytes then
      break
    end
    redis.call('LPOP', kept)
    length = length - 1
    bytes = bytes - size
  end
  if length < before then
    redis.call('XTRIM', entries, 'MINID', whole(last - length + 1) .. '-0')
    redis.call('HSET', head, 'bytes', whole(bytes))
  end
  return length
end
