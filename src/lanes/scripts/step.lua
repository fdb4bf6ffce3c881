-- One step of the worker that holds the lane: takes the handled item out and counts the attempt at the next one.
-- KEYS[1] lane (list)   KEYS[2] lanes by age of their head (sorted set)   KEYS[3] attempts (hash)   KEYS[4] lock of the job
-- ARGV[1] token   ARGV[2] name of the lane
-- ARGV[3] header of the handled item or ""   ARGV[4] header of the item to begin or ""   ARGV[5] what its attempt counts (1, or -1 to take one back)
-- Returns {-1} when the lock is another's (nothing was changed), else {items left, attempts at the begun item}.
if redis.call('GET', KEYS[4]) ~= ARGV[1] then return { -1 } end
if ARGV[3] ~= '' then
  -- Items that came late may stand before it, so it is looked for among the first ones.
  local first = 0
  local found = false
  repeat
    local entries = redis.call('LRANGE', KEYS[1], first, first + 63)
    for _, entry in ipairs(entries) do
      if string.sub(entry, 1, 29) == ARGV[3] then
        redis.call('LREM', KEYS[1], 1, entry)
        found = true
        break
      end
    end
    first = first + 64
  until found or #entries == 0
  redis.call('HDEL', KEYS[3], ARGV[3])
end
local attempts = 0
if ARGV[4] ~= '' then attempts = redis.call('HINCRBY', KEYS[3], ARGV[4], ARGV[5]) end
local head = redis.call('LINDEX', KEYS[1], 0)
if head then
  redis.call('ZADD', KEYS[2], math.floor(tonumber(string.sub(head, 1, 16)) / 1000), ARGV[2])
else
  redis.call('ZREM', KEYS[2], ARGV[2])
end
return { redis.call('LLEN', KEYS[1]), attempts }
