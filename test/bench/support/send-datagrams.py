"""
Sends datagrams of equal size to a port of loopback at a steady rate, from one address for each file, and prints what it
sent as one JSON object. Arguments: port, datagrams per second, seconds, bytes of a datagram, then `ADDRESS=FILE` of each
exporter: a template datagram behind its length (two bytes), then the datagrams that are sent again and again.

The kernel cuts a buffer of several datagrams itself (UDP_SEGMENT, udp(7)), so that sending takes next to nothing of a
machine whose receiver is measured; from Node.js a datagram takes 15 us, this way 1 us.
"""
import json
import resource
import socket
import struct
import sys
import time

UDP_SEGMENT = 103
TICK_SECONDS = 0.002
TEMPLATE_EVERY_SECONDS = 1.0
# A buffer holds at most 64 KiB.
MOST_AT_ONCE = 40

port, rate, seconds, size = int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])


class Exporter:
    def __init__(self, address, path):
        with open(path, "rb") as file:
            content = file.read()
        length = struct.unpack_from(">H", content)[0]
        self.template = content[2 : 2 + length]
        self.datagrams = memoryview(content)[2 + length :]
        self.count = len(self.datagrams) // size
        self.next = 0
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((address, 0))
        self.socket.connect(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, size)

    def send_template(self):
        self.socket.send(self.template)

    def send(self, count):
        while count > 0:
            step = min(count, MOST_AT_ONCE, self.count - self.next)
            self.socket.send(self.datagrams[self.next * size : (self.next + step) * size])
            self.next = (self.next + step) % self.count
            count -= step


exporters = [Exporter(*argument.split("=", 1)) for argument in sys.argv[5:]]
templates = len(exporters)
for exporter in exporters:
    exporter.send_template()
time.sleep(0.1)

sent = 0
started = time.monotonic()
next_template = TEMPLATE_EVERY_SECONDS
while True:
    elapsed = time.monotonic() - started
    if elapsed >= seconds:
        break
    if elapsed >= next_template:
        next_template += TEMPLATE_EVERY_SECONDS
        templates += len(exporters)
        for exporter in exporters:
            exporter.send_template()
    due = int(elapsed * rate) // len(exporters)
    if due > sent:
        for exporter in exporters:
            exporter.send(due - sent)
        sent = due
    time.sleep(TICK_SECONDS)

usage = resource.getrusage(resource.RUSAGE_SELF)
print(
    json.dumps(
        {
            "datagrams": sent * len(exporters),
            "templates": templates,
            "elapsedSeconds": time.monotonic() - started,
            "cpuSeconds": usage.ru_utime + usage.ru_stime,
        }
    )
)
