# What file operations cost in the folders that are given as arguments: one JSON object, rates by folder.
# FOLDER/old holds files of before; everything else is made and removed here.
import json, os, sys, time

BYTES = 4 << 20
BLOCK = 128 << 10


def rate(amount, work):
    start = time.perf_counter()
    work()
    return amount / (time.perf_counter() - start)


def write(path, data):
    with open(path, "wb", buffering=0) as file:
        file.write(data)


def read(path):
    with open(path, "rb", buffering=0) as file:
        while file.read(BLOCK):
            pass


def blocks(path):
    with open(path, "wb", buffering=0) as file:
        for _ in range(BYTES // BLOCK):
            file.write(block)


block = os.urandom(BLOCK)
small = os.urandom(1000)


class Folder:
    def __init__(self, folder):
        self.listed = os.path.join(folder, "old")
        self.old = [os.path.join(self.listed, name) for name in sorted(os.listdir(self.listed))]
        self.new = [os.path.join(folder, f"new{i}") for i in range(len(self.old))]
        self.big = os.path.join(folder, "big")


MEGABYTES = BYTES / 1e6
FIGURES = {
    "create": lambda at: rate(len(at.new), lambda: [write(path, small) for path in at.new]),
    "stat": lambda at: rate(len(at.new), lambda: [os.stat(path) for path in at.new]),
    "read": lambda at: rate(len(at.new), lambda: [read(path) for path in at.new]),
    "list": lambda at: rate(len(at.old), lambda: os.listdir(at.listed)),
    "change an old file": lambda at: rate(len(at.old), lambda: [write(path, small) for path in at.old]),
    "change it again": lambda at: rate(len(at.old), lambda: [write(path, small) for path in at.old]),
    "remove": lambda at: rate(len(at.new), lambda: [os.unlink(path) for path in at.new]),
    "write MB": lambda at: rate(MEGABYTES, lambda: blocks(at.big)),
    "read MB": lambda at: rate(MEGABYTES, lambda: read(at.big)),
}

# Figure by figure, so that what is compared was measured in the same minute.
folders = {name: Folder(name) for name in sys.argv[1:]}
result = {name: {} for name in folders}
for figure, measure in FIGURES.items():
    for name, folder in folders.items():
        result[name][figure] = measure(folder)
print(json.dumps(result))
