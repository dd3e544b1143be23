"""A SoftHSM2 token of this process's own: the real module over a folder that goes with the process."""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import pytest

from chains.progmat.keys.hsm_token import HsmToken

PIN = "1234"
LABEL = "crossdvp-test"
_MODULES = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so")


@cache
def module_path() -> Path | None:
    """The PKCS#11 module, with one token made; None where SoftHSM2 is not installed."""
    found = next((Path(path) for path in _MODULES if Path(path).exists()), None)
    if found is None or shutil.which("softhsm2-util") is None:
        return None
    folder = Path(tempfile.mkdtemp(prefix="soft-hsm-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    (folder / "tokens").mkdir()
    config = folder / "softhsm2.conf"
    config.write_text(f"directories.tokendir = {folder / 'tokens'}\nobjectstore.backend = file\nlog.level = ERROR\n")
    os.environ["SOFTHSM2_CONF"] = str(config)  # read once, when the module is loaded
    made = ["softhsm2-util", "--init-token", "--free", "--label", LABEL, "--pin", PIN, "--so-pin", "5678"]
    subprocess.run(made, check=True, capture_output=True)
    return found


def soft_hsm(pin: str = PIN, label: str = LABEL) -> HsmToken:
    """The token; skips the test where there is no SoftHSM2."""
    module = module_path()
    if module is None:
        pytest.skip("SoftHSM2 is not installed: apt-get install softhsm2")
    return HsmToken(module, label, lambda: pin)
