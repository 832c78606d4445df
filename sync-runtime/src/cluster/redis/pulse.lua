-- Says that a node lives, and finds out which others do not.
-- KEYS: the sorted set of nodes, by when each was last heard of; the key of the cluster's id
-- ARGV: the node; after how many milliseconds one counts as dead, and is forgotten; an id for a cluster that has none
-- Gives the cluster's id, the nodes that are dead, and how many others there are.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[3])
redis.call('SET', KEYS[2], ARGV[4], 'NX')
local dead = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[2])
return { redis.call('GET', KEYS[2]), dead, redis.call('ZCARD', KEYS[1]) - #dead }
