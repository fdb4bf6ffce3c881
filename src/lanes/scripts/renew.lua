-- Prolongs the lease of a lane that is being worked.
-- KEYS[1] lease of the lane   ARGV[1] token   ARGV[2] life of the lease (ms)
-- Returns 1, or 0 when it is another's now.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
