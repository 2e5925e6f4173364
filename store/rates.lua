-- Requests of the last minute in Redis: the arithmetic of store/rates.py, one round trip, the server's own time.
-- KEYS[1]: the counts by slice. ARGV: limit, seconds of a slice, slices of a minute, places wanted. Answer: places taken,
-- places left, seconds until some are forgotten, milliseconds for which the places are of this slice.
local limit, slice_s, slices = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
local current = math.floor(now / slice_s)
local kept, used, oldest = redis.call('HGETALL', KEYS[1]), 0, current
for at = 1, #kept, 2 do
  local slice = tonumber(kept[at])
  if slice < current - slices then
    redis.call('HDEL', KEYS[1], kept[at])
  else
    used, oldest = used + tonumber(kept[at + 1]), math.min(oldest, slice)
  end
end
local taken = math.max(math.min(tonumber(ARGV[4]), limit - used), 0)
if taken > 0 then
  redis.call('HINCRBY', KEYS[1], current, taken)
  redis.call('PEXPIRE', KEYS[1], (slices + 1) * slice_s * 1000)
end
return {
  taken, math.max(limit - used - taken, 0), math.ceil((oldest + slices + 1) * slice_s - now),
  math.floor(((current + 1) * slice_s - now) * 1000),
}
