#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""watch.py SERVER NAME: asks the server for the A records of a name every millisecond, and prints a line "<monotonic ns> <answers>"
whenever the answer is another one: when that question was asked, and the addresses or "none". Runs until it is ended."""
import os
import socket
import sys
import time


def query(name, number):
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return number.to_bytes(2, "big") + b"\1\0\0\1\0\0\0\0\0\0" + labels + b"\0\0\1\0\1"


def addresses(reply, question):
    """The addresses in the answers, whose names are pointers."""
    at, found = len(question), []
    for _ in range(int.from_bytes(reply[6:8], "big")):
        kind, length = int.from_bytes(reply[at + 2:at + 4], "big"), int.from_bytes(reply[at + 10:at + 12], "big")
        found += [socket.inet_ntoa(reply[at + 12:at + 16])] if kind == 1 else []
        at += 12 + length
    return " ".join(sorted(found)) or "none"


def main():
    server, name = sys.argv[1:]
    last, number = None, 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(1)
        s.connect((server, 53))
        while True:
            number = (number + 1) % 65536
            question, asked = query(name, number), time.monotonic_ns()
            s.send(question)
            try:
                reply = s.recv(4096)
                if reply[:2] != question[:2]:
                    continue  # of a question that was given up
                answer = addresses(reply, question)
            except TimeoutError:
                answer = "none"
            if answer != last:
                print(asked, answer, flush=True)
                last = answer
            time.sleep(0.001)


sys.exit(main() if len(sys.argv) == 3 else os.EX_USAGE)
