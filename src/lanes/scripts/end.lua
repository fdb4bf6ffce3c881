-- Ends a turn: gives the lease back, unless the lane was woken meanwhile and is to be worked again at once.
-- KEYS[1] lease of the lane   KEYS[2] woken lanes (hash)
-- ARGV[1] token   ARGV[2] name of the lane   ARGV[3] when the lane wants its next turn (ms since 1970); "" when it is done
-- Returns 1: work it again. 0: the lease is given back. -1: it was another's already.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return -1 end
local woken = tonumber(redis.call('HGET', KEYS[2], ARGV[2]))
-- A lane that waits is only called back by who must not wait.
if woken and (ARGV[3] == '' or woken < 0) then
  redis.call('HDEL', KEYS[2], ARGV[2])
  return 1
end
if ARGV[3] ~= '' then redis.call('HSET', KEYS[2], ARGV[2], ARGV[3]) end
redis.call('DEL', KEYS[1])
return 0
