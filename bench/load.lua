-- SPDX-License-Identifier: Apache-2.0
--
-- The load for wrk, the same for each contender that speaks HTTP: one acquire, then the release of a session that was
-- granted a while ago, and so on. Ids are given in order, so the LAG-th last acquire tells which session is surely
-- there: answers need not be read, which would slow the generator down. For one thread of wrk (-t1).
-- Arguments: KEY USERS FIRST LAG RELEASE
--   FIRST: the number of the session that the first acquire gets; RELEASE: "yes", or "no" for acquires alone
local acquires, release_head, release_tail = {}, nil, nil
local first, lag, releases
local sent, turn = 0, 0

function init(args)
    local key, users = args[1], tonumber(args[2])
    first, lag, releases = tonumber(args[3]), tonumber(args[4]), args[5] == "yes"
    local headers = {["Authorization"] = "Bearer " .. key, ["Content-Type"] = "application/json"}
    for user = 1, users do
        local body = string.format('{"product":"KRE","user":"US-%d","machine":"ws-%d.example.com"}', user, user)
        acquires[user] = wrk.format("POST", "/v1/accounts/AC-1/sessions", headers, body)
    end
    local release = wrk.format("DELETE", "/v1/accounts/AC-1/sessions/SN-@", {["Authorization"] = "Bearer " .. key})
    local at = string.find(release, "@", 1, true)
    release_head, release_tail = string.sub(release, 1, at - 1), string.sub(release, at + 1)
end

function request()
    turn = turn + 1
    if releases and sent > lag and turn % 2 == 0 then
        return release_head .. tostring(first + sent - lag - 1) .. release_tail
    end
    sent = sent + 1
    return acquires[math.random(#acquires)]
end
