-- Says that a node lives, and finds out which others do not.
-- KEYS: the sorted set of nodes, by when each was last heard of; the key of the cluster's id
-- ARGV: the node; after how many milliseconds one is forgotten; an id for a cluster that has none
-- Gives the cluster's id, for how many milliseconds this node had said nothing, or -1 if it was not known, and each node
-- with the same number.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local before = redis.call('ZSCORE', KEYS[1], ARGV[1])
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[2])
redis.call('SET', KEYS[2], ARGV[3], 'NX')
local nodes = redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')
for i = 2, #nodes, 2 do
  nodes[i] = now - nodes[i]
end
return { redis.call('GET', KEYS[2]), before and now - before or -1, nodes }
