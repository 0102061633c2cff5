-- SPDX-License-Identifier: Apache-2.0
--
-- What Usher decides, as a script for Redis: the pools that a user may draw from in their order, capacity, a lease
-- with an end, a session. Leases whose time is up are returned before a pool is looked at. Every other call is a
-- release. It is easier than Usher's work: no history, no ancestors to look at, ended sessions are forgotten.
-- KEYS: none. ARGV: the user's number, how many sessions run at a time.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local turn = redis.call('INCR', 'turn')

local function give_back(id)
    local session = redis.call('HMGET', 'session:' .. id, 'level', 'count')
    if not session[1] then
        return false
    end
    redis.call('HINCRBY', 'pool:' .. session[1], 'assigned', -session[2])
    redis.call('ZREM', 'leases:' .. session[1], id)
    redis.call('DEL', 'session:' .. id)
    return true
end

local function grant(level, via)
    local id = redis.call('INCR', 'session')
    redis.call('HINCRBY', 'pool:' .. level, 'assigned', 1)
    redis.call('ZADD', 'leases:' .. level, now + 120000, id)
    redis.call('HSET', 'session:' .. id, 'product', 'KRE', 'user', ARGV[1], 'level', level, 'via', via, 'count', 1,
               'state', 'active', 'machine', 'ws-' .. ARGV[1] .. '.example.com', 'ttl_s', 120, 'started_at', now,
               'expires_at', now + 120000)
    return id
end

local sessions = tonumber(redis.call('GET', 'session') or 0)
if turn % 2 == 0 and sessions > tonumber(ARGV[2]) then
    local oldest = redis.call('INCR', 'oldest')
    give_back(oldest)
    return oldest
end
for at, level in ipairs({redis.call('HGET', 'user:' .. tonumber(ARGV[1]), 'organization'), 'account'}) do
    for _, id in ipairs(redis.call('ZRANGEBYSCORE', 'leases:' .. level, '-inf', now, 'LIMIT', 0, 100)) do
        give_back(id)
    end
    local pool = redis.call('HMGET', 'pool:' .. level, 'capacity', 'assigned')
    if pool[1] - pool[2] >= 1 then
        return grant(level, at == 1 and 'own' or 'fallback')
    end
end
return redis.error_reply('no license available')
