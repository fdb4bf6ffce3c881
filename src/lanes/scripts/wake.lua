-- Notes that a lane has work, and says whether a job must be added for it.
-- KEYS[1] lease of the lane   KEYS[2] woken lanes (hash): when each was woken (ms since 1970), or when a lane that
--   waits will be; negative when whoever works the lane must not wait with it
-- ARGV[1] name of the lane   ARGV[2] now (ms)   ARGV[3] patience (ms): a wake-up older than this may be lost, and is made again
-- ARGV[4] 1 when a waiting time of the lane ends with this, else 0
-- Returns 1 when a job must be added; 0 when one is waiting, or the lane is being worked and will be looked at again.
local now = tonumber(ARGV[2])
local soon = ARGV[4] == '1'
if redis.call('EXISTS', KEYS[1]) == 1 then
  if soon then redis.call('HSET', KEYS[2], ARGV[1], -now) else redis.call('HSETNX', KEYS[2], ARGV[1], now) end
  return 0
end
local woken = tonumber(redis.call('HGET', KEYS[2], ARGV[1]))
if woken and not soon and math.abs(woken) > now - tonumber(ARGV[3]) then return 0 end
redis.call('HSET', KEYS[2], ARGV[1], now)
return 1
