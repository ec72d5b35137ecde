"""What this machine is: results are equal bit for bit on one kind of CPU only, so it is recorded."""

import platform
from pathlib import Path


def cpu_name() -> str:
    """The CPU's model name, with its widest vector extension."""
    info = Path("/proc/cpuinfo")
    text = info.read_text(encoding="utf-8") if info.exists() else ""
    lines = (line.partition(":") for line in text.splitlines())
    fields = {key.strip(): value.strip() for key, _, value in lines}
    flags = fields.get("flags", fields.get("Features", "")).split()
    width = next((n for n in ("avx512f", "avx2", "asimd", "sse2") if n in flags), "")
    name = fields.get("model name") or platform.processor() or platform.machine()
    return f"{name} ({width})" if width else name
