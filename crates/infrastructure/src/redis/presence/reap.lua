-- Takes some users over from an instance that has expired. Answers nothing when no instance has; else the users for
-- whom that changes something, each with what the user is now (0 offline, 1 away, 2 online, 3 dnd) and when the
-- instance last told of them.
-- KEYS: the instances by when they expire.
-- ARGV: what the keys of an instance's users begin with, what the hashes of users begin with, how many users at most.
-- The other keys follow from what is found: this needs one server, not a cluster.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local instance = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, 1)[1]
if not instance then
  return nil
end
local users = redis.call('SPOP', ARGV[1] .. instance, ARGV[3])
if #users == 0 then
  redis.call('ZREM', KEYS[1], instance)
end
local answers = {}
for _, user in ipairs(users) do
  local key = ARGV[2] .. user
  local before, after, told = 0, 0, nil
  local entries = redis.call('HGETALL', key)
  for j = 1, #entries, 2 do
    local rank, told_at, expires = string.match(entries[j + 1], '^%d+ (%d+) (%d+) (%d+)$')
    before = math.max(before, tonumber(rank))
    if entries[j] == instance then
      told = told_at
    elseif tonumber(expires) > now then
      after = math.max(after, tonumber(rank))
    end
  end
  if told then
    redis.call('HDEL', key, instance)
    if before ~= after then
      answers[#answers + 1] = {user, after, told}
    end
  end
end
return answers
