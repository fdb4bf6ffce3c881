-- Takes the lease of a lane for one turn.
-- KEYS[1] lease of the lane   KEYS[2] woken lanes (hash)
-- ARGV[1] token   ARGV[2] life of the lease (ms)   ARGV[3] name of the lane   ARGV[4] now (ms since 1970)
-- Returns 0 when it is taken, else the rest of the other holder's lease in ms; that one then looks at the lane again.
if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then
  redis.call('HDEL', KEYS[2], ARGV[3])
  return 0
end
redis.call('HSETNX', KEYS[2], ARGV[3], ARGV[4])
return math.max(1, redis.call('PTTL', KEYS[1]))
