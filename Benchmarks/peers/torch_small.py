"""PyTorch on the workloads of five elements and the elementwise ones, under the names of the library's benchmark.
Prints `workload<TAB>seconds` (best of repeated runs), two threads. Names on the command line select workloads."""
import sys
import time

import torch

torch.set_num_threads(2)
only = sys.argv[1:]


def best(f, minimum=0.5):
    for _ in range(3):
        f()
    start = time.perf_counter()
    f()
    once = time.perf_counter() - start
    batch = max(1, int(0.01 / max(once, 1e-7)))
    best = 1e9
    end = time.perf_counter() + minimum
    while time.perf_counter() < end:
        start = time.perf_counter()
        for _ in range(batch):
            f()
        best = min(best, (time.perf_counter() - start) / batch)
    return best


a = torch.tensor([1.0, 2, 3, 4, 5])
b = torch.tensor([5.0, 4, 3, 2, 1])
x = torch.tensor([1.0, 2, 3, 4, 5], requires_grad=True)
y = torch.tensor([5.0, 4, 3, 2, 1], requires_grad=True)


def cubes():
    x.grad = None
    (2 * x**3).sum().backward()


workloads = {"small_mul": lambda: a * b, "small_mul_grad": lambda: x * y, "article_cubes": cubes}
for exponent in range(3, 8):
    u = torch.arange(10**exponent, dtype=torch.float32) % 1000 * 0.01 - 5
    v = u.clone()
    workloads[f"add_1e{exponent}"] = lambda u=u, v=v: u + v
    workloads[f"exp_1e{exponent}"] = lambda u=u: u.exp()
    workloads[f"tanh_1e{exponent}"] = lambda u=u: u.tanh()
for n in (16, 32, 64, 128, 256, 512, 1024):
    for dtype in (torch.float32, torch.float64):
        m = torch.rand(n, n, dtype=dtype)
        workloads[f"matmul_{n}_{str(dtype)[6:]}"] = lambda m=m: m @ m

for name, f in workloads.items():
    if not only or name in only:
        print(f"{name}\t{best(f):.9g}", flush=True)
