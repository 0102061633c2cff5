-- SPDX-License-Identifier: Apache-2.0
--
-- Batches: half of the ops acquire, half release what was granted some batches ago. For one thread of wrk (-t1).
-- Arguments: KEY USERS FIRST LAG SIZE
--   FIRST: the number of the session that the first acquire gets; LAG: in batches
local headers, users, first, lag, size
local sent = 0

function init(args)
    headers = {["Authorization"] = "Bearer " .. args[1], ["Content-Type"] = "application/json"}
    users, first, lag, size = tonumber(args[2]), tonumber(args[3]), tonumber(args[4]), tonumber(args[5])
end

local function acquire(user)
    return string.format('{"op":"acquire","product":"KRE","user":"US-%d","machine":"ws-%d.example.com"}', user, user)
end

function request()
    local ops, acquires = {}, sent < lag and size or size / 2
    for at = 1, acquires do
        ops[at] = acquire(math.random(users))
    end
    local oldest = first + (sent - lag) * (size / 2)
    for at = acquires + 1, size do
        ops[at] = string.format('{"op":"release","session":"SN-%d"}', oldest + at - acquires - 1)
    end
    sent = sent + 1
    return wrk.format("POST", "/v1/accounts/AC-1/sessions:batch", headers, '{"ops":[' .. table.concat(ops, ",") .. "]}")
end
