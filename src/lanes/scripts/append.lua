-- Puts items into their lanes, in the order of receipt, and says which lanes must be woken.
-- KEYS[1] lanes by age of their head (sorted set)   KEYS[2] woken lanes (hash)
-- then for each item: its lane (list), and the lease of the lane
-- ARGV[1] now (ms since 1970)   ARGV[2] patience (ms), as in wake.lua
-- then for each item: its entry (16 digits of position, "-", 12 hexadecimal digits, " ", sealed bytes), and the name of its lane
-- Returns for each item 1 when a job must be added for its lane, else 0. An item that came earlier than the tail goes
-- before it (another receiver was faster).
local function put(lane, entry, position)
  local tail = redis.call('LINDEX', lane, -1)
  if not tail or string.sub(tail, 1, 16) <= position then
    redis.call('RPUSH', lane, entry)
    return
  end
  local pivot = tail
  local index = -2
  local before = redis.call('LINDEX', lane, index)
  while before and string.sub(before, 1, 16) > position do
    pivot = before
    index = index - 1
    before = redis.call('LINDEX', lane, index)
  end
  redis.call('LINSERT', lane, 'BEFORE', pivot, entry)
end

local now = tonumber(ARGV[1])

local function wake(lease, name)
  if redis.call('EXISTS', lease) == 1 then
    redis.call('HSETNX', KEYS[2], name, now)
    return 0
  end
  local woken = tonumber(redis.call('HGET', KEYS[2], name))
  if woken and math.abs(woken) > now - tonumber(ARGV[2]) then return 0 end
  redis.call('HSET', KEYS[2], name, now)
  return 1
end

local jobs = {}
for at = 3, #KEYS, 2 do
  local entry = ARGV[at]
  local name = ARGV[at + 1]
  local position = string.sub(entry, 1, 16)
  put(KEYS[at], entry, position)
  redis.call('ZADD', KEYS[1], 'NX', math.floor(tonumber(position) / 1000), name)
  table.insert(jobs, wake(KEYS[at + 1], name))
end
return jobs
