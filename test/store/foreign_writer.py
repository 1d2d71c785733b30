# A whole writer of messages for cowork, after docs/format.md. Arguments: inbox folder, sender, how many.
import datetime, json, os, sys, uuid

folder, sender, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
segment = 1

def path():
    return os.path.join(folder, "inbox.jsonl" if segment == 1 else f"inbox.{segment}.jsonl")

def records():
    try:
        with open(path(), "rb") as file:
            for line in file.read().split(b"\n"):
                try: yield json.loads(line)
                except ValueError: pass
    except FileNotFoundError: pass

def append(record):
    global segment
    line = b"\n" + json.dumps(record).encode() + b"\n"
    while True:
        while any(each.get("type") == "sealed" for each in records()): segment += 1
        fd = os.open(path(), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        if os.write(fd, line) < len(line) - 1: sys.exit("short write")
        ids = [each["id"] for each in records() if each.get("type") == "sealed" or each.get("id") == record["id"]]
        os.fdatasync(fd); os.close(fd)
        if ids[0] == record["id"]: return

for number in range(1, count + 1):
    now = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    append({"v": 1, "id": uuid.uuid4().hex, "type": "message", "by": sender, "incarnation": 0, "at": now,
            "to": os.path.basename(folder), "kind": "message", "priority": "steer",
            "text": str(number), "replyTo": None, "broadcastId": None})
