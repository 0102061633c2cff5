# SPDX-License-Identifier: Apache-2.0
"""The servers that are measured: each starts in a folder of its own on a free port of 127.0.0.1, and leaves nothing.

A contender has `start()`, `rate(connections, seconds)`, which loads it and tells operations a second, and `stop()`. An
operation is an acquire or a release, one after the other, so that as many sessions run in the end as in the beginning.
All of them hold the same: 1,000 organizations in a tree, 900 of them with 10,000 users between them and 2 licenses
each; who finds none there is served from the account's pool, which is large.
"""
