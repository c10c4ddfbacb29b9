"""Runs cells in a kernel of Jupyter, without a notebook: ask-kernel.py DENO CELL..., each cell's code; prints what each shows, as JSON."""
import json
import queue
import sys

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import KernelManager

deno, *cells = sys.argv[1:]
manager = KernelManager()
manager._kernel_spec = KernelSpec(argv=[deno, "jupyter", "--kernel", "--conn", "{connection_file}"], display_name="Deno", language="typescript")
manager.start_kernel()
client = manager.client()
client.start_channels()
client.wait_for_ready(timeout=60)


def shown_of(code):
    """What a cell shows. Deno's kernel may say that it is idle before it sends the result, or lose it: so some seconds longer."""
    asked = client.execute(code)
    forms, error, seconds = {}, None, 60
    while True:
        try:
            message = client.get_iopub_msg(timeout=seconds)
        except queue.Empty:
            return forms, error
        if message["parent_header"].get("msg_id") != asked:
            continue
        kind, content = message["msg_type"], message["content"]
        if kind in ("execute_result", "display_data"):
            forms.update(content["data"])
        if kind == "error":
            error = content["evalue"]
        if kind == "status" and content["execution_state"] == "idle":
            seconds = 3
        if seconds == 3 and (forms or error):
            return forms, error


shown = []
try:
    for code in cells:
        for _ in range(5):
            forms, error = shown_of(code)
            if forms or error:
                break
        shown.append({"forms": forms, "error": error})
finally:
    client.stop_channels()
    manager.shutdown_kernel(now=True)
print(json.dumps(shown))
