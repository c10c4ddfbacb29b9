"""Runs cells in a kernel of Jupyter, without a notebook: ask-kernel.py DENO CELL..., each cell's code; prints what each shows, as JSON."""
import json
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
shown = []
try:
    for code in cells:
        asked = client.execute(code)
        forms, error = {}, None
        while True:
            message = client.get_iopub_msg(timeout=60)
            if message["parent_header"].get("msg_id") != asked:
                continue
            kind, content = message["msg_type"], message["content"]
            if kind in ("execute_result", "display_data"):
                forms.update(content["data"])
            if kind == "error":
                error = content["evalue"]
            if kind == "status" and content["execution_state"] == "idle":
                break
        shown.append({"forms": forms, "error": error})
finally:
    client.stop_channels()
    manager.shutdown_kernel(now=True)
print(json.dumps(shown))
