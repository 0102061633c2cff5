# SPDX-License-Identifier: Apache-2.0
"""A balancer for the tests, as a program of its own: each request goes to the next node in turn, whoever sends it.

    client ──► request ──► node 1        Nothing is changed on the way, in either direction, and nothing is held back:
           ──► request ──► node 2        not a hundred-continue, not a piece of a stream, not a hang-up. What is not
           ──► request ──► node 3        understood (attacks) is passed on as it is, to one node, until somebody ends it.

A request goes to another node only where the connection was refused, for then no node has seen it. When none takes it,
the client's connection ends: the balancer says nothing of its own.

Usage: balancer.py PORT NODE_PORT..."""

import asyncio
import itertools
import re
import sys

HOST = "127.0.0.1"
MAX_HEAD = 256 * 1024
PIECE = 256 * 1024
REQUEST_LINE = re.compile(rb"([A-Z]+) [^ \r\n]+ HTTP/1\.1\r\n")


class Gone(Exception):
    """One side has ended the connection."""


class Head:
    """What the head of a message says of its end."""

    def __init__(self, raw):
        self.raw = raw
        self.method = raw.split(b" ", 1)[0]
        self.status = int(raw[9:12]) if raw.startswith(b"HTTP/") else None
        fields = {}
        for line in raw.split(b"\r\n")[1:]:
            name, _, value = line.partition(b":")
            fields.setdefault(name.strip().lower(), value.strip().lower())
        self.is_chunked = b"chunked" in fields.get(b"transfer-encoding", b"")
        self.length = int(fields[b"content-length"]) if fields.get(b"content-length", b"").isdigit() else None
        self.is_last = fields.get(b"connection") == b"close"
        self.is_odd = self.is_chunked and self.length is not None


async def read_head(reader, first=b""):
    """The bytes up to the empty line; Gone, with what came, when there is no such."""
    data = first
    while b"\r\n\r\n" not in data:
        piece = await reader.read(PIECE) if len(data) < MAX_HEAD else b""
        if not piece:
            raise Gone(data)
        data += piece
    at = data.index(b"\r\n\r\n") + 4
    return data[:at], data[at:]


class Pipe:
    """One direction of an exchange: what is read here is written there. `rest` was read already."""

    def __init__(self, reader, writer, rest=b""):
        self.reader, self.writer, self.rest = reader, writer, rest
        self.is_sent = self.is_ended = False

    async def write(self, data):
        self.writer.write(data)
        await self.writer.drain()

    async def read(self):
        data, self.rest = self.rest, b""
        return data or await self.reader.read(PIECE)

    async def bytes(self, count):
        while count:
            data = await self.read()
            if not data:
                raise Gone
            data, self.rest = data[:count], data[count:]
            count -= len(data)
            await self.write(data)

    async def line(self):
        while b"\n" not in self.rest:
            data = await self.reader.read(PIECE)
            if not data:
                raise Gone
            self.rest += data
        at = self.rest.index(b"\n") + 1
        line, self.rest = self.rest[:at], self.rest[at:]
        await self.write(line)
        return line

    async def chunks(self):
        while size := int((await self.line()).split(b";")[0], 16):
            await self.bytes(size + 2)
        while (await self.line()).strip():
            pass

    async def everything(self):
        while data := await self.read():
            await self.write(data)
        self.writer.write_eof()

    async def body(self, head):
        if head.is_chunked:
            await self.chunks()
        elif head.length:
            await self.bytes(head.length)


def has_body(request, answer):
    return request.method != b"HEAD" and answer.status not in (204, 304)


class Balancer:
    def __init__(self, ports):
        self.ports = ports
        self.turns = itertools.count()
        self.serving = set()  # the loop itself holds on to no task

    async def connect(self):
        turn = next(self.turns)
        for port in (self.ports[(turn + at) % len(self.ports)] for at in range(len(self.ports))):
            try:
                return await asyncio.open_connection(HOST, port, limit=MAX_HEAD)
            except ConnectionRefusedError:
                continue
        raise Gone

    async def serve(self, client_reader, client_writer):
        self.serving.add(asyncio.current_task())
        try:
            rest = b""
            while rest is not None:
                rest = await self.exchange(client_reader, client_writer, rest)
        except (Gone, OSError, ValueError):
            client_writer.transport.abort()
        finally:
            client_writer.close()
            self.serving.discard(asyncio.current_task())

    async def exchange(self, client_reader, client_writer, rest):
        """One request and its answer. What the client has sent beyond; None: there will be no more."""
        try:
            raw, rest = await read_head(client_reader, rest)
        except Gone as gone:
            raw, rest = gone.args[0], b""
            if not raw:
                return None
        node_reader, node_writer = await self.connect()
        up, down = Pipe(client_reader, node_writer, rest), Pipe(node_reader, client_writer)
        try:
            request = Head(raw)
            await up.write(raw)
            if not REQUEST_LINE.match(raw) or request.is_odd or request.method == b"CONNECT":
                await asyncio.gather(up.everything(), down.everything())
                return None
            return await self.relay(request, up, down)
        finally:
            node_writer.transport.abort()

    async def relay(self, request, up, down):
        sending = asyncio.create_task(self.send(request, up))
        answering = asyncio.create_task(self.answer(request, down))
        try:
            await asyncio.wait((sending, answering), return_when=asyncio.FIRST_COMPLETED)
            if not answering.done():
                sending.result()  # it ends by a failure alone: the client has gone
            is_last = answering.result()
            return None if is_last or request.is_last or not up.is_sent or up.is_ended else up.rest
        finally:
            sending.cancel()
            answering.cancel()
            await asyncio.gather(sending, answering, return_exceptions=True)

    @staticmethod
    async def send(request, up):
        """The body; then it waits for the client's hang-up, which the node is told at once, until it is cancelled."""
        await up.body(request)
        up.is_sent = True
        while data := await up.reader.read(PIECE):
            up.rest += data  # the next request has come before this answer
        up.is_ended = True
        up.writer.write_eof()
        await asyncio.Event().wait()

    @staticmethod
    async def answer(request, down):
        """The answer to its end, and what comes before it; whether the connection ends with it."""
        while True:
            raw, down.rest = await read_head(down.reader, down.rest)
            head = Head(raw)
            await down.write(raw)
            if head.status >= 200:
                break
        if not has_body(request, head):
            return head.is_last
        if not head.is_chunked and head.length is None:
            await down.everything()
            return True
        await down.body(head)
        return head.is_last


async def main(port, nodes):
    balancer = Balancer(nodes)
    server = await asyncio.start_server(balancer.serve, HOST, port, limit=MAX_HEAD, backlog=1024)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), [int(word) for word in sys.argv[2:]]))
