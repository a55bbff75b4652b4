"""The bytes by which one expression of PyTorch raises the memory of a process that holds its operands, at their peak: Linux only.

  torch_memory.py ROW     ROW is a line of Benchmarks/memory.jsonl
"""
import json
import sys

import torch

torch.set_num_threads(2)


def kilobytes(label):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(label))


row = json.loads(sys.argv[1])
names = {name: getattr(torch, name) for name in dir(torch)} | {"torch": torch, "nn": torch.nn}
for statement in row["setup"]:
    exec(statement, names)
expression = compile(row["run"], "run", "eval")
with open("/proc/self/clear_refs", "w") as file:
    file.write("5")
before = kilobytes("VmRSS:")
result = eval(expression, names)
print((kilobytes("VmHWM:") - before) * 1024)
