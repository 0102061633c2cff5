# SPDX-License-Identifier: Apache-2.0
"""The network between a node and its database, with all that goes wrong there. It leads to a port of 127.0.0.1, and
does as it is told, a line at a time; `so it is` answers each:

    open           passes on what comes
    held           passes on nothing, and all of it once it is open again: packets were lost, and sent again
    swallowed      takes what comes, and it is gone; once it is open again both sides hear that the connection is no more
    down           ends all connections, and each new one at once
    cut            ends all connections that there are
    delay SECONDS  each piece takes so long

Usage: network.py PORT; it prints its own port first. See wire.py."""

import asyncio
import sys

HOST = "127.0.0.1"
PIECE = 64 * 1024


class Link:
    """One connection through the wire: who serves it, its two writers, and whether anything of it was swallowed."""

    def __init__(self, task, *writers):
        self.task, self.writers = task, writers
        self.is_lost = False

    def end(self):
        for writer in self.writers:
            writer.transport.abort()


class Network:
    def __init__(self, target):
        self.target = target
        self.state, self.delay_s = "open", 0.0
        self.moves = asyncio.Event()
        self.moves.set()
        self.links = set()

    def obey(self, words):
        if words[0] == "delay":
            self.delay_s = float(words[1])
            return
        if words[0] != "cut":
            self.state = words[0]
            (self.moves.clear if self.state == "held" else self.moves.set)()
        for link in list(self.links):
            if words[0] in ("cut", "down") or (self.state == "open" and link.is_lost):
                link.end()

    async def carry(self, link, reader, writer):
        while data := await reader.read(PIECE):
            await asyncio.sleep(self.delay_s)
            await self.moves.wait()
            if self.state == "swallowed":
                link.is_lost = True
            if not link.is_lost:
                writer.write(data)
                await writer.drain()
        await self.moves.wait()
        if self.state == "swallowed" or link.is_lost:
            link.is_lost = True
            await asyncio.Event().wait()  # nor does the other side hear of the end
        writer.write_eof()

    async def serve(self, reader, writer):
        if self.state == "down":
            writer.transport.abort()
            return
        try:
            target_reader, target_writer = await asyncio.open_connection(HOST, self.target)
        except OSError:
            writer.transport.abort()
            return
        link = Link(asyncio.current_task(), writer, target_writer)
        self.links.add(link)
        carriers = [asyncio.create_task(self.carry(link, reader, target_writer)),
                    asyncio.create_task(self.carry(link, target_reader, writer))]
        try:
            await asyncio.gather(*carriers)
        except OSError:
            pass
        finally:
            for carrier in carriers:
                carrier.cancel()
            link.end()
            self.links.discard(link)


async def main(target):
    network = Network(target)
    server = await asyncio.start_server(network.serve, HOST, 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    loop, orders = asyncio.get_running_loop(), asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    while line := await orders.readline():
        network.obey(line.decode().split())
        print("so it is", flush=True)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
