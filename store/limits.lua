-- One allowance of a provider in Redis: the arithmetic of store/window.py, one round trip, the server's own time.
-- KEYS[1]: the state. ARGV: what to do, window_s, margin_s, grain_s, then what that needs. A limit of 0 is none.
local DAY, LEARNT, MARK, GIVE_WAY, BURST = 86400, 600, 3, 0.25, {24, 40000}
local deed, window, margin, grain = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local counts = window + margin
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
local kept = redis.call('GET', KEYS[1])
local state = kept and cjson.decode(kept) or {
  used = {}, flow = {0, 0}, each = {0, 0}, cap = {{0, 0}, {0, 0}}, left = {{0, 0}, {0, 0}}, day = {0, 0, 0}, shut = 0,
  waiting = {},
}

local function arg(number) return tonumber(ARGV[number]) end
local function grained(at) return math.ceil(at / grain) * grain end
local function sum(kind)
  local all = 0
  for _, row in ipairs(state.used) do all = all + row[kind + 1] end
  return all
end

local function forget()
  local young, waiting = {}, {}
  for _, row in ipairs(state.used) do
    if row[1] + counts > now then young[#young + 1] = row end
  end
  for who, mark in pairs(state.waiting) do
    if mark[2] > now then waiting[who] = mark end
  end
  state.used, state.waiting = young, waiting
  local today = math.floor(now / DAY)
  if state.day[1] ~= today then state.day = {today, 0, 0} end
end

local function window_wait(kind, need, limit)
  local over = sum(kind) + math.min(need, limit) - limit
  for _, row in ipairs(state.used) do
    if over <= 0 then return 0 end
    over = over - row[kind + 1]
    if over <= 0 then return row[1] + counts - now end
  end
  return 0
end

local function flow_wait(kind, need, limit)
  if limit == math.huge then return 0 end
  local each = counts / limit
  local ahead = math.max(state.flow[kind], now) + math.min(need, limit) * each - now
  return ahead - each * math.max(BURST[kind], limit / 10, math.min(need, limit))
end

local function take(tokens, caps, days, rank, who)
  forget()
  local first = 0
  for _, mark in pairs(state.waiting) do
    if mark[1] < rank then first = math.max(first, mark[2] - now) end
  end
  local wait, limits, needs = math.max(0, state.shut - now, math.min(first, GIVE_WAY)), {}, {1, tokens}
  for kind, need in ipairs(needs) do
    local limit = caps[kind]
    if now < state.cap[kind][2] then limit = math.min(limit, state.cap[kind][1]) end
    limits[kind] = limit
    wait = math.max(wait, window_wait(kind, need, limit), flow_wait(kind, need, limit))
    if state.day[kind + 1] + math.min(need, days[kind]) > days[kind] then wait = math.max(wait, DAY - now % DAY) end
    local left = state.left[kind]
    if now < left[2] and left[1] < need then wait = math.max(wait, left[2] - now) end
  end
  state.waiting[who] = nil
  if wait > 0 then
    if wait <= counts + grain then state.waiting[who] = {rank, now + MARK} end
    return wait
  end
  local at = grained(now)
  local last = state.used[#state.used]
  if not last or last[1] ~= at then
    last = {at, 0, 0}
    state.used[#state.used + 1] = last
  end
  for kind, need in ipairs(needs) do
    last[kind + 1] = last[kind + 1] + need
    state.left[kind][1] = state.left[kind][1] - need
    state.day[kind + 1] = state.day[kind + 1] + need
    state.each[kind] = counts / limits[kind]
    state.flow[kind] = math.max(state.flow[kind], now) + need * state.each[kind]
  end
  return 0
end

local function by_age(one, other) return one[1] < other[1] end

local function settle(held, used, age, late)
  local spare, past, nearest = held - used, now - age, nil
  for _, row in ipairs(state.used) do
    local off = math.abs(row[1] - grained(past))
    if math.abs(row[1] - past) <= 2 * grain and (not nearest or off < math.abs(nearest[1] - grained(past))) then
      nearest = row
    end
  end
  if nearest then
    nearest[3] = math.max(0, nearest[3] - spare)
    if late > grain then
      nearest[2], nearest[3] = nearest[2] - 1, math.max(0, nearest[3] - used)
      table.insert(state.used, {grained(past + late), 1, used})
      table.sort(state.used, by_age)
    end
  end
  state.flow[2] = state.flow[2] - spare * state.each[2]
  state.left[2][1] = state.left[2][1] + spare
  if state.day[1] == math.floor(past / DAY) then state.day[3] = math.max(0, state.day[3] - spare) end
end

local function learn(kind, limit, left, reset)
  if limit == 0 or reset > window then
    local known = state.left[kind]
    state.left[kind] = {now < known[2] and math.min(left, known[1]) or left, now + reset}
    return
  end
  state.cap[kind] = {limit, now + LEARNT}
  local others = limit - left - sum(kind)
  if others > 0 then
    local row = {now + reset - counts, 0, 0}
    row[kind + 1] = others
    table.insert(state.used, row)
    table.sort(state.used, by_age)
  end
end

local function limit(number)
  local stated = arg(number)
  return stated == 0 and math.huge or stated
end

local wait = 0
if deed == 'take' then
  wait = take(arg(5), {limit(6), limit(7)}, {limit(8), limit(9)}, arg(10), ARGV[11])
elseif deed == 'settle' then
  settle(arg(5), arg(6), arg(7), arg(8))
elseif deed == 'learn' then
  forget()
  for number = 5, #ARGV, 4 do learn(arg(number), arg(number + 1), arg(number + 2), arg(number + 3)) end
else
  state.shut = math.max(state.shut, now + arg(5))
end
redis.call('SET', KEYS[1], cjson.encode(state), 'EX', 2 * DAY)
return tostring(wait)
