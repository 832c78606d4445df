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

-- How long something is given to live that is to live so many milliseconds at least: an eighth more, so that it
-- need not be given it anew at each use.
local function generous(ms)
  return ms * 9 / 8
end

-- Gives a room's epoch, the number of its last entry and how many bytes were kept when that was recorded. A room
-- that has no epoch begins with `new_epoch`.
--
-- A Redis that was started again may have lost the last of what it had told. So the order begins anew, unless
-- Redis writes down every change.
local function life(head, entries, kept, new_epoch, ms)
  local epoch, last, bytes, run = unpack(redis.call('HMGET', head, 'epoch', 'last', 'bytes', 'run'))
  local server = redis.call('INFO', 'server')
  if not epoch or not string.find(server, run, 1, true) then
    run = string.match(server, 'run_id:(%x+)')
    if epoch and string.find(redis.call('INFO', 'persistence'), 'aof_enabled:1', 1, true) then
      redis.call('HSET', head, 'run', run)
    else
      epoch, last, bytes = new_epoch, 0, 0
      redis.call('DEL', entries, kept)
      redis.call('HSET', head, 'epoch', epoch, 'last', last, 'bytes', bytes, 'run', run)
    end
  end
  if redis.call('PTTL', head) < tonumber(ms) then
    redis.call('PEXPIRE', head, whole(generous(ms)))
  end
  return epoch, tonumber(last), tonumber(bytes)
end

-- Lets go of the first entries as long as the first is no longer to be kept. Gives how many there are then, and
-- their bytes.
local function trim(entries, kept, last, length, bytes, max_bytes, at)
  local before = length
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
  end
  return length, bytes
end
