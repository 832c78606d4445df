-- Prolongs a claim, or puts an answer in its place, unless another node has claimed the request since.
-- A claim that Redis has lost is there again.
local known = redis.call('GET', KEYS[1])
if known and known ~= ARGV[1] then
    return 0
end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
