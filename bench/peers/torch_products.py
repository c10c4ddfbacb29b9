# python3 torch_products.py THREADS: PyTorch's products, asked by bench/products.mjs. {"ask": "product" | "productTA" | "productTB", "sizes": [M, K, N]}
# The best of many runs; on one thread the clock is the thread's processor time, as in kernels/lab/products.cpp.
import json, os, sys, time

threads = int(sys.argv[1])
os.environ["OMP_NUM_THREADS"] = sys.argv[1]
os.environ["OMP_WAIT_POLICY"] = "PASSIVE"
import torch

torch.set_num_threads(threads)
clock = time.thread_time if threads == 1 else time.perf_counter


def answer(value):
    print(json.dumps(value), flush=True)


answer({"version": f"PyTorch {torch.__version__}, {threads} thread{'s' * (threads > 1)}"})
for line in sys.stdin:
    q = json.loads(line)
    M, K, N = q["sizes"]
    a = torch.rand(K, M).t() if q["ask"] == "productTA" else torch.rand(M, K)
    b = torch.rand(N, K).t() if q["ask"] == "productTB" else torch.rand(K, N)
    c = torch.empty(M, N)
    best, spent, k = 1e30, 0, 0
    with torch.inference_mode():
        torch.mm(a, b, out=c)
        while k < 200 and (k < 5 or spent < 0.15):
            inner = 10 if best < 1e-4 else 1
            t = clock()
            for _ in range(inner):
                torch.mm(a, b, out=c)
            each = (clock() - t) / inner
            best, spent, k = min(best, each), spent + each * inner, k + 1
    answer({"ms": best * 1e3})
