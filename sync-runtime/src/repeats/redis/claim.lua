-- Claims a request, unless it is known: then what is known is given.
local known = redis.call('GET', KEYS[1])
if known then
    return known
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return false
