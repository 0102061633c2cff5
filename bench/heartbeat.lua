-- SPDX-License-Identifier: Apache-2.0
--
-- Heartbeats of sessions that run, one after the other. Arguments: KEY FIRST COUNT
local head, tail, first, count
local turn = 0

function init(args)
    first, count = tonumber(args[2]), tonumber(args[3])
    local request = wrk.format("POST", "/v1/accounts/AC-1/sessions/SN-@/heartbeat",
                               {["Authorization"] = "Bearer " .. args[1]})
    local at = string.find(request, "@", 1, true)
    head, tail = string.sub(request, 1, at - 1), string.sub(request, at + 1)
end

function request()
    turn = turn + 1
    return head .. tostring(first + turn % count) .. tail
end
