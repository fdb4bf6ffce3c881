-- Puts an item into its lane, in the order of receipt, and says whether the lane must be woken.
-- KEYS[1] lane (list)   KEYS[2] lanes by age of their head (sorted set)   KEYS[3] lease of the lane   KEYS[4] woken lanes (hash)
-- ARGV[1] entry: 16 digits of position, "-", 12 hexadecimal digits, " ", sealed bytes
-- ARGV[2] name of the lane   ARGV[3] now (ms since 1970)   ARGV[4] patience (ms), as in wake.lua
-- Returns 1 when a job must be added for the lane, else 0. An item that came earlier than the tail goes before it
-- (another receiver was faster).
local entry = ARGV[1]
local position = string.sub(entry, 1, 16)
local tail = redis.call('LINDEX', KEYS[1], -1)
if not tail or string.sub(tail, 1, 16) <= position then
  redis.call('RPUSH', KEYS[1], entry)
else
  local pivot = tail
  local index = -2
  local before = redis.call('LINDEX', KEYS[1], index)
  while before and string.sub(before, 1, 16) > position do
    pivot = before
    index = index - 1
    before = redis.call('LINDEX', KEYS[1], index)
  end
  redis.call('LINSERT', KEYS[1], 'BEFORE', pivot, entry)
end
redis.call('ZADD', KEYS[2], 'NX', math.floor(tonumber(position) / 1000), ARGV[2])
local now = tonumber(ARGV[3])
if redis.call('EXISTS', KEYS[3]) == 0 then
  local woken = tonumber(redis.call('HGET', KEYS[4], ARGV[2]))
  if woken and math.abs(woken) > now - tonumber(ARGV[4]) then return 0 end
  redis.call('HSET', KEYS[4], ARGV[2], now)
  return 1
end
redis.call('HSETNX', KEYS[4], ARGV[2], now)
return 0
